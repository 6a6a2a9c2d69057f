// Many paths of one scenario: bands of curves and the values of single figures, in path order.
import type { LossJson } from './losses';
import { decodeColumn, type RunJson } from './run';

type Encoded = string;

export interface BandsJson {
  paths: number;
  failed: number;
  step_s: number;
  curves: {
    name: string; label: string; unit: string;
    p05: Encoded; p25: Encoded; p50: Encoded; p75: Encoded; p95: Encoded;
    measured: { source: string; step_s: number; price: Encoded } | null;
  }[];
  figures: {
    metric: string; label: string; unit: string; values: Encoded; n: number;
    p05: number | null; p50: number | null; p95: number | null; se: number | null; measured: number | null;
  }[];
  losses: LossJson[];
}

// Ends of the steps of all curves, UNIX seconds.
export function bandTimes(bands: BandsJson, run: RunJson): number[] {
  const count = decodeColumn(bands.curves[0]?.p50 ?? '').length;
  return Array.from({ length: count }, (_unused, k) => run.run.start_unix_s + (k + 1) * bands.step_s);
}

export interface Bins {
  from: number;
  width: number;
  counts: number[];
}

// About as many bins as the square root of the number of values, over exactly their range.
export function bins(values: number[]): Bins {
  const low = Math.min(...values);
  const high = Math.max(...values);
  if (values.length === 0 || low === high) {
    return { from: low, width: Math.abs(low) * 0.01 || 1, counts: [values.length] };
  }
  const count = Math.min(40, Math.max(5, Math.ceil(Math.sqrt(values.length))));
  const width = (high - low) / count;
  const counts = new Array<number>(count).fill(0);
  for (const value of values) {
    counts[Math.min(count - 1, Math.floor((value - low) / width))]!++;
  }
  return { from: low, width, counts };
}

// Hyndman and Fan's type 7, as the program computes it.
export function quantile(sorted: number[], probability: number): number {
  const place = probability * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
}

export interface Convergence {
  paths: number[];
  p05: number[];
  p50: number[];
  p95: number[];
}

// The quantiles of the first n paths, for up to 60 values of n, the last of them all.
export function convergence(values: number[]): Convergence {
  const out: Convergence = { paths: [], p05: [], p50: [], p95: [] };
  const points = Math.min(60, values.length);
  for (let k = 1; k <= points; k++) {
    const n = Math.max(k, Math.round((values.length * k) / points));
    const sorted = values.slice(0, n).sort((a, b) => a - b);
    out.paths.push(n);
    out.p05.push(quantile(sorted, 0.05));
    out.p50.push(quantile(sorted, 0.5));
    out.p95.push(quantile(sorted, 0.95));
  }
  return out;
}
