// Data of the stress page, as src/report/stress_page.cpp writes them.
import type { LimitVerdict } from '../view/limits';
import type { ColumnKind } from '../view/table';
import type { MapSnapshot } from './run';

// A cell is a text, or a number as it is shown and as it is.
export type CellJson = string | [shown: string, value: number | null];

export interface TableJson {
  key: string;
  section: string; // of page_sections.json
  title: string;
  note: string;
  head: string[];
  kinds: ColumnKind[];
  rows: CellJson[][];
}

export interface CoinJson {
  name: string;
  price: number;
  held: boolean; // somebody in the book has a position in it
  map: { low: number[]; high: number[]; is_long: number[]; band: number[]; usd: number[]; accounts: number[] };
}

export interface SeriesJson {
  name: string;
  time_s: number[];
  liquidated_long: number[];
  liquidated_short: number[];
  accounts: number[];
  reference: number[][]; // by coin
  mark: number[][];
  pool_names: string[];
  pools: number[][]; // by pool of the case
}

export interface StressJson {
  title: string;
  market: string;
  shock: string;
  feedback: string;
  created: string;
  program: string;
  command: string;
  answer: string[]; // sentences, the first says it all
  limits: LimitVerdict[]; // 1: not when varied
  varied: boolean;
  reconciliation: string[];
  provenance: [string, string][];
  cases: string[];
  // Values are unrounded: by case, lowest and highest when varied, last case less the first.
  lines: { label: string; of_coin: boolean; shown: string[]; values: (number | null)[]; range: string; low: number | null; high: number | null; difference: string }[];
  sizes: { name: string; shown: string[]; values: (number | null)[] }[]; // the same shock at other sizes, by line
  tables: TableJson[];
  coins: CoinJson[];
  series: SeriesJson[];
}

export function parseStress(text: string): StressJson {
  return JSON.parse(text) as StressJson;
}

// The map of a coin in the form in which the run report's maps are drawn.
export function mapOfCoin(coin: CoinJson): MapSnapshot {
  return {
    label: 'at the prices of the book',
    timeS: null,
    price: coin.price,
    low: Float32Array.from(coin.map.low),
    high: Float32Array.from(coin.map.high),
    isLong: Float32Array.from(coin.map.is_long),
    band: Float32Array.from(coin.map.band),
    usd: Float32Array.from(coin.map.usd),
    accounts: Float32Array.from(coin.map.accounts),
  };
}
