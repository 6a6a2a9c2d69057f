// Arithmetic on columns: pure functions without DOM. `null` is what the charts take for "no data".

export type Values = (number | null)[];

export function known(column: ArrayLike<number>): Values {
  return Array.from(column, (x) => (Number.isFinite(x) ? x : null));
}

export function scaled(column: ArrayLike<number>, factor: number): Values {
  return Array.from(column, (x) => (Number.isFinite(x) ? x * factor : null));
}

// Only what can stand on a logarithmic axis.
export function positive(column: ArrayLike<number>): Values {
  return Array.from(column, (x) => (Number.isFinite(x) && x > 0 ? x : null));
}

// Sums of `width` neighbours; a bucket without any known value is null.
export function bucketSums(column: ArrayLike<number>, width: number): Values {
  const out: Values = [];
  for (let from = 0; from < column.length; from += width) {
    let sum: number | null = null;
    for (let k = from; k < Math.min(from + width, column.length); k++) {
      const value = column[k]!;
      if (Number.isFinite(value)) {
        sum = (sum ?? 0) + value;
      }
    }
    out.push(sum);
  }
  return out;
}

// How many grid steps make one bar, so that a picture has at most `barsMax` bars of a readable length.
export function bucketWidth(count: number, stepS: number, barsMax: number): number {
  const niceS = [60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600, 43200, 86400];
  for (const seconds of niceS) {
    const width = Math.max(1, Math.round(seconds / stepS));
    if (Math.ceil(count / width) <= barsMax) {
      return width;
    }
  }
  return Math.max(1, Math.ceil(count / barsMax));
}

// Running totals over the series: out[i] = columns[0] + ... + columns[i]; unknown parts count as
// nothing, but a step where all are unknown stays unknown.
export function stacked(columns: ArrayLike<number>[]): Values[] {
  const length = columns[0]?.length ?? 0;
  const out = columns.map(() => new Array<number | null>(length).fill(null));
  for (let k = 0; k < length; k++) {
    let sum = 0;
    const any = columns.some((column) => Number.isFinite(column[k]!));
    for (let i = 0; any && i < columns.length; i++) {
      const value = columns[i]![k]!;
      sum += Number.isFinite(value) ? value : 0;
      out[i]![k] = sum;
    }
  }
  return out;
}

// Ranges [from, to] of indices without data in all of the series.
export function gaps(series: Values[]): [number, number][] {
  const length = series[0]?.length ?? 0;
  const out: [number, number][] = [];
  let from = -1;
  for (let k = 0; k <= length; k++) {
    const empty = k < length && series.every((values) => values[k] == null);
    if (empty && from < 0) {
      from = k;
    } else if (!empty && from >= 0) {
      out.push([from, k - 1]);
      from = -1;
    }
  }
  return out;
}

// A path measured at coarse steps, shown at the grid time where each step ends; null between.
export function overlay(
  times: number[], startS: number, path: { stepS: number; price: ArrayLike<number> }): Values {
  const out: Values = new Array<number | null>(times.length).fill(null);
  const gridStepS = times.length > 1 ? times[1]! - times[0]! : path.stepS;
  for (let k = 0; k < path.price.length; k++) {
    const value = path.price[k]!;
    const slot = Math.round((startS + (k + 1) * path.stepS - times[0]!) / gridStepS);
    if (slot >= 0 && slot < out.length && Number.isFinite(value)) {
      out[slot] = value;
    }
  }
  return out;
}

export function maxOf(columns: Iterable<ArrayLike<number | null>>): number {
  let max = -Infinity;
  for (const column of columns) {
    for (let k = 0; k < column.length; k++) {
      const value = column[k];
      if (value != null && Number.isFinite(value) && value > max) {
        max = value;
      }
    }
  }
  return max;
}
