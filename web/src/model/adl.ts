// Data of the page of `margincall adl-lab`, as src/report/adl_lab_files.cpp writes them.
import type { TableJson } from './stress';

export interface BarJson {
  name: string;
  median: number | null; // share of equity
  low: number | null;
  high: number | null;
}

export interface AdlJson {
  title: string;
  answer: string[];
  assumptions: string[];
  tables: TableJson[];
  bars: BarJson[]; // hardest hit by rule; empty for a stress
}

export function parseAdl(text: string): AdlJson {
  return JSON.parse(text) as AdlJson;
}

export interface Bar {
  name: string;
  median: number;
  low: number; // the range of the deals
  high: number;
  text: string;
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.01 ? 2 : 1)} %`;
}

// Longest first; rules without a figure are left out.
export function barsOf(bars: BarJson[]): Bar[] {
  const known = bars.filter((bar) => bar.median !== null && bar.low !== null && bar.high !== null)
    .map((bar) => ({ name: bar.name, median: bar.median!, low: bar.low!, high: bar.high! }))
    .sort((a, b) => b.median - a.median || (a.name < b.name ? -1 : 1));
  return known.map((bar) => ({
    name: bar.name,
    median: Math.min(bar.median, 1), // the scale ends at a whole equity
    low: Math.min(bar.low, 1),
    high: Math.min(bar.high, 1),
    text: bar.low === bar.high ? percent(bar.median) : `${percent(bar.median)} (${percent(bar.low)} to ${percent(bar.high)})`,
  }));
}
