// R, the reproduction number of forced selling, as the C++ writer puts it into the page
// (src/report/reproduction_data.cpp).
import { decodeColumn } from './run';

export interface ReproductionJson {
  max: number;
  max_s: number;
  max_coin: string;
  all: string; // on the page's grid: the largest sample of each step
  with_stops: string;
  coins: { name: string; own: string }[];
  curves: { at_s: number; label: string; fall: string; all: string; with_stops: string; coins: string[] }[];
}

export interface PriceCurve {
  atS: number;
  label: string;
  fall: Float32Array; // of every mark, fraction
  all: Float32Array;
  withStops: Float32Array;
  coins: Float32Array[]; // in the order of ReproductionJson.coins
}

export function decodeCurves(data: ReproductionJson): PriceCurve[] {
  return data.curves.map((curve) => ({
    atS: curve.at_s,
    label: curve.label,
    fall: decodeColumn(curve.fall),
    all: decodeColumn(curve.all),
    withStops: decodeColumn(curve.with_stops),
    coins: curve.coins.map(decodeColumn),
  }));
}

// The ranges of falls over which a cascade feeds itself: R at 1 or more, or nothing bid (NaN between known
// values). Each range ends where the first step below 1 begins.
export function feedingRanges(fall: ArrayLike<number>, r: ArrayLike<number>): [from: number, to: number][] {
  const ranges: [number, number][] = [];
  let from: number | null = null;
  for (let k = 0; k < fall.length; k++) {
    const feeds = !(r[k]! < 1);
    if (feeds && from === null) {
      from = fall[k]!;
    } else if (!feeds && from !== null) {
      ranges.push([from, fall[k]!]);
      from = null;
    }
  }
  if (from !== null) {
    ranges.push([from, fall[fall.length - 1]!]);
  }
  return ranges;
}

export function rangesText(ranges: [from: number, to: number][]): string {
  if (ranges.length === 0) {
    return 'R stays below 1 down to a fall of 30 %: no fall would feed itself';
  }
  const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;
  const parts = ranges.map(([from, to]) => (from === to ? `at ${percent(from)}` : `from ${percent(from)} to ${percent(to)}`));
  return `A cascade would feed itself at falls ${parts.join(', ')}`;
}

// Above 1 the size of R says how empty the books are; the picture is for what leads there.
export const highestShown = 2;

// The range of values of the picture through time, for the largest R of the day.
export function shownRange(max: number): [low: number, high: number] {
  return [0, Math.max(0.1, Math.min(1.08 * max, highestShown))];
}
