// Distribution of one figure over the paths: a histogram with median, 5-95 % and what was measured, and
// how these quantiles settle with the number of paths.
import type { Bins, Convergence } from '../model/bands';
import { openCanvas } from './canvas';
import { niceStep } from './liquidation_map';
import { colour, faded, type Colour } from './theme';

export interface Marks {
  p05: number | null;
  p50: number | null;
  p95: number | null;
  measured: number | null;
}

const side = 16;
const height = 190;
const left = 78; // of the convergence, for the labels

// Where values and counts stand, CSS pixels; the same for what is drawn and for the cursor.
export function distributionRange(bins: Bins, marks: Marks): [low: number, high: number] {
  const ends = [bins.from, bins.from + bins.width * bins.counts.length, ...(marks.measured === null ? [] : [marks.measured])];
  return [Math.min(...ends), Math.max(...ends)];
}
export function distributionX(value: number, [low, high]: [number, number], width: number): number {
  return side + ((value - low) / (high - low || 1)) * (width - 2 * side);
}
export function convergenceX(paths: number, last: number, width: number): number {
  return left + ((paths - 1) / Math.max(last - 1, 1)) * (width - left - side);
}

function vertical(ctx: CanvasRenderingContext2D, x: number, name: Colour, dash: number[]): void {
  ctx.save();
  ctx.strokeStyle = colour(name);
  ctx.lineWidth = 1.6;
  ctx.setLineDash(dash);
  ctx.beginPath();
  ctx.moveTo(x, 8);
  ctx.lineTo(x, height - 30);
  ctx.stroke();
  ctx.restore();
}

export function drawDistribution(
  canvas: HTMLCanvasElement, bins: Bins, marks: Marks, width: number, format: (value: number) => string): void {
  const ctx = openCanvas(canvas, width, height);
  const range = distributionRange(bins, marks);
  const [low, high] = range;
  const x = (value: number): number => distributionX(value, range, width);
  const bottom = height - 30;
  const most = Math.max(...bins.counts, 1);
  if (marks.p05 !== null && marks.p95 !== null) {
    ctx.fillStyle = faded('--price', 0.12);
    ctx.fillRect(x(marks.p05), 8, Math.max(x(marks.p95) - x(marks.p05), 1), bottom - 8);
  }
  ctx.fillStyle = colour('--stack0');
  bins.counts.forEach((count, k) => {
    const from = x(bins.from + k * bins.width);
    const high_ = ((bottom - 12) * count) / most;
    ctx.fillRect(from, bottom - high_, Math.max(x(bins.from + (k + 1) * bins.width) - from - 1, 1), high_);
  });
  ctx.fillStyle = colour('--line');
  ctx.fillRect(side, bottom, width - 2 * side, 1);
  if (marks.p50 !== null) {
    vertical(ctx, x(marks.p50), '--price', []);
  }
  if (marks.measured !== null) {
    vertical(ctx, x(marks.measured), '--event', [5, 3]);
  }
  ctx.fillStyle = colour('--soft');
  ctx.textAlign = 'left';
  ctx.fillText(format(low), side, bottom + 14);
  ctx.textAlign = 'right';
  ctx.fillText(format(high), width - side, bottom + 14);
}

export function drawConvergence(
  canvas: HTMLCanvasElement, data: Convergence, width: number, format: (value: number) => string): void {
  const ctx = openCanvas(canvas, width, height);
  const bottom = height - 30;
  const low = Math.min(...data.p05);
  const high = Math.max(...data.p95);
  const last = data.paths.at(-1) ?? 1;
  const x = (n: number): number => convergenceX(n, last, width);
  const y = (value: number): number => bottom - ((value - low) / (high - low || 1)) * (bottom - 14);
  ctx.fillStyle = faded('--price', 0.2);
  ctx.beginPath();
  data.paths.forEach((n, k) => ctx.lineTo(x(n), y(data.p95[k]!)));
  [...data.paths.keys()].reverse().forEach((k) => ctx.lineTo(x(data.paths[k]!), y(data.p05[k]!)));
  ctx.fill();
  ctx.strokeStyle = colour('--price');
  ctx.lineWidth = 1.6;
  ctx.beginPath();
  data.paths.forEach((n, k) => ctx.lineTo(x(n), y(data.p50[k]!)));
  ctx.stroke();
  ctx.fillStyle = colour('--soft');
  ctx.textAlign = 'right';
  const step = niceStep(high - low || 1, 3);
  for (let value = Math.ceil(low / step) * step; value <= high; value += step) {
    ctx.fillText(format(value), left - 8, y(value));
  }
  ctx.textAlign = 'center';
  ctx.fillText('1', left, bottom + 14);
  ctx.textAlign = 'right';
  ctx.fillText(`${last} paths`, width - side, bottom + 14);
}
