// Data of the page of a comparison, as src/report/comparison_page.cpp writes them.
import { bucketSums, bucketWidth, known, maxOf, type Values } from './columns';
import { decodeColumn } from './run';

export const compareFormat = 1;
type Encoded = string;

export interface ComparedRow {
  key: string;
  part: '' | 'start' | 'minimum' | 'end';
  label: string;
  shown: string[]; // by run
  values: (number | null)[]; // by run, unrounded
  difference: string[]; // by run, to the first
  mean_difference: (number | null)[]; // by run, unrounded
  tone: number[]; // 1 better, -1 worse, 0 neither
}

export interface AssetOfRun {
  price: Encoded;
  long: Encoded;
  short: Encoded;
  bids: Encoded;
  asks: Encoded;
  open_interest: Encoded;
}

export interface SeriesJson {
  start_unix_s: number | null; // null: the runs start at different dates, times count from each start
  step_s: number;
  count: number;
  assets: { name: string; runs: (AssetOfRun | null)[] }[];
  funds: { venue: string; runs: Encoded[] }[];
}

export interface CompareJson {
  format: number;
  title: string;
  answer: string[]; // sentences
  runs: { name: string; facts: [name: string, value: string][] }[];
  warnings: string[];
  notes: string[];
  rows: ComparedRow[];
  settings: { key: string; values: string[] }[];
  series: SeriesJson | null; // null: a comparison of stresses
}

export function parseCompare(text: string): CompareJson {
  const data = JSON.parse(text) as CompareJson;
  if (data.format !== compareFormat) {
    throw new Error(`this page reads data format ${compareFormat}, the file has ${data.format}`);
  }
  return data;
}

// Ends of the steps: UNIX seconds, or seconds since each start.
export function stepTimes(series: SeriesJson): number[] {
  return Array.from({ length: series.count }, (_unused, k) => (series.start_unix_s ?? 0) + (k + 1) * series.step_s);
}

// Rows of one figure with its start, minimum and end, in the order in which they come.
export interface LevelRows {
  key: string;
  label: string;
  parts: Map<string, ComparedRow>;
}

export function levelRows(rows: ComparedRow[]): LevelRows[] {
  const out: LevelRows[] = [];
  for (const row of rows) {
    if (row.part === '') {
      continue;
    }
    let level = out.find((known) => known.key === row.key);
    if (level === undefined) {
      level = { key: row.key, label: row.label, parts: new Map() };
      out.push(level);
    }
    level.parts.set(row.part, row);
  }
  return out;
}

// What a level is of: a coin, or '' for funds and whatever else belongs to a venue.
export function coinOf(key: string): string {
  const [kind, name] = [key.slice(0, key.indexOf('.')), key.slice(key.indexOf('.') + 1)];
  if (kind === 'mark') {
    return /^[^:]*:(.*)-[^-]*$/.exec(name)?.[1] ?? name; // of a contract: "A:BTC-PERP"
  }
  return ['price', 'open_interest', 'bids_1pct', 'bids_4pct', 'funding'].includes(kind) ? name : '';
}

// Liquidations of each run in buckets, shorts up and longs down, and one scale that holds all of them.
export interface LiquidationBars {
  width: number; // steps of a bar
  runs: { long: Values; short: Values }[];
  scale: [low: number, high: number];
}

export function liquidationBars(runs: (AssetOfRun | null)[], series: SeriesJson, barsMax: number): LiquidationBars {
  const width = bucketWidth(series.count, series.step_s, barsMax);
  const empty = new Float32Array(series.count).fill(NaN);
  const out = runs.map((run) => ({
    long: bucketSums(run === null ? empty : decodeColumn(run.long), width)
      .map((value) => (value === null ? null : -value)),
    short: bucketSums(run === null ? empty : decodeColumn(run.short), width),
  }));
  const up = Math.max(0, maxOf(out.map((run) => run.short)));
  const down = Math.max(0, maxOf(out.map((run) => run.long.map((value) => (value === null ? null : -value)))));
  const margin = Math.max(up, down, 1) * 0.06;
  return { width, runs: out, scale: [down > 0 ? -down - margin : -margin, up > 0 ? up + margin : margin] };
}

export function columnOf(run: AssetOfRun | null, name: keyof AssetOfRun, count: number): Values {
  return run === null ? new Array<number | null>(count).fill(null) : known(decodeColumn(run[name]));
}
