// The data of one run as the C++ writer puts them into the page (src/report/report_data.cpp).
// Columns are base64 of little-endian float32; NaN means "no data".

import type { BandsJson } from './bands';
import type { DefiJson } from './defi';
import type { LimitVerdict } from '../view/limits';
import type { ReproductionJson } from './reproduction';

export const dataFormat = 1;

export interface MetricRow {
  metric: string;
  unit: string;
  label: string;
  simulated: string;
  band: string;
  error: string; // of the median of several paths
  measured: string;
  tolerance: string;
  inside: boolean | null;
  article: string;
  source: string;
  note: string;
  simulated_value: number | null;
  band_low_value: number | null; // 5 and 95 % of the paths
  band_high_value: number | null;
  measured_value: number | null;
  tolerance_value: number | null;
}

export interface EventRow {
  at_s: number;
  until_s: number;
  name: string;
  type: string;
  cause: string;
  source: string;
  confidence: string;
}

export interface AdlRow {
  rank: number;
  account: number;
  weight: number;
  side: 'long' | 'short';
  upnl_usd: number | null;
  leverage: number | null;
  score: number | null;
  qty: number | null;
  price: number | null;
  notional_usd: number | null;
  forgone_usd: number | null;
}

export interface AdlSummary {
  steps: number;
  winners: number;
  needed_usd: number;
  taken_usd: number;
  largest_s?: number;
  largest_book?: string;
  rows: AdlRow[];
}

type Encoded = string;

interface BookJson {
  low: Encoded;
  high: Encoded;
  close: Encoded;
  mark: Encoded;
  index: Encoded;
  spread_bps: Encoded;
  funding_8h: Encoded;
  bid: Encoded[];
  ask: Encoded[];
}

interface MapJson {
  label: string;
  time_s: number;
  price: number | null;
  price_low: Encoded;
  price_high: Encoded;
  is_long: Encoded;
  band: Encoded;
  notional_usd: Encoded;
  accounts: Encoded;
}

interface AssetJson {
  name: string;
  venue: string;
  perp: BookJson | null;
  spot: BookJson | null;
  liquidations: { long_true: Encoded; short_true: Encoded; long_reported: Encoded; short_reported: Encoded };
  open_interest: { venue: string; usd: Encoded }[];
  funding_prints: { venue: string; time_s: Encoded; rate_8h: Encoded }[];
  fair_value: Encoded;
  measured: { source: string; step_s: number; price: Encoded } | null;
  map: MapJson[];
  low_s: number | null;
}

interface FundJson {
  venue: string;
  balance: Encoded;
  equity: Encoded;
  inflow: Encoded;
  outflow: Encoded;
  adl: Encoded;
  bad_debt_usd: number;
}

export interface RunInfo {
  id: string;
  scenario: string;
  title: string;
  about: string;
  hash: string;
  seed: string;
  digest: string;
  interrupted: boolean;
  start_unix_s: number;
  length_s: number;
  end_s: number;
  day_from_s: number;
  day_to_s: number;
  low_s: number | null;
}

export interface RunJson {
  format: number;
  run: RunInfo;
  headline: string[];
  limits?: LimitVerdict[]; // of the scenario, where it has any
  metrics: MetricRow[];
  grid: { step_s: number; count: number };
  assets: AssetJson[];
  events: EventRow[];
  funds: FundJson[];
  adl: AdlSummary;
  forced: { venue: string; coin: string; book_usd: number; takeover_usd: number; adl_usd: number }[];
  adl_venues: { venue: string; usd: number; accounts: number; steps: number; fills: number }[];
  defi: DefiJson | null; // null: the run has no chain
  reproduction: ReproductionJson | null; // null: nothing of it was recorded
  bands: BandsJson | null; // null: one path
  inputs: [key: string, value: string, status: string, source: string][];
  reproduce: [name: string, value: string][];
}

export interface Book {
  low: Float32Array;
  high: Float32Array;
  close: Float32Array;
  mark: Float32Array;
  index: Float32Array;
  spreadBps: Float32Array;
  funding8h: Float32Array;
  bid: Float32Array[]; // USD within 0.1, 0.5, 1, 2, 4 %
  ask: Float32Array[];
}

export interface MapSnapshot {
  label: string;
  timeS: number | null; // since the start of the run; null: of no moment of a run
  price: number | null;
  low: Float32Array;
  high: Float32Array;
  isLong: Float32Array;
  band: Float32Array;
  usd: Float32Array;
  accounts: Float32Array;
}

export interface Asset {
  name: string;
  venue: string;
  perp: Book | null;
  spot: Book | null;
  liquidations: {
    longTrue: Float32Array;
    shortTrue: Float32Array;
    longReported: Float32Array;
    shortReported: Float32Array;
  };
  openInterest: { venue: string; usd: Float32Array }[];
  fundingPrints: { venue: string; timeS: Float32Array; rate8h: Float32Array }[];
  fairValue: Float32Array;
  measured: { source: string; stepS: number; price: Float32Array } | null;
  map: MapSnapshot[];
  lowS: number | null;
}

export interface Fund {
  venue: string;
  balance: Float32Array;
  equity: Float32Array;
  inflow: Float32Array;
  outflow: Float32Array;
  adl: Float32Array;
  badDebtUsd: number;
}

export function decodeColumn(text: Encoded): Float32Array {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) {
    bytes[i] = raw.charCodeAt(i);
  }
  const view = new DataView(bytes.buffer);
  const out = new Float32Array(raw.length >> 2);
  for (let i = 0; i < out.length; i++) {
    out[i] = view.getFloat32(i * 4, true);
  }
  return out;
}

function decodeBook(json: BookJson): Book {
  return {
    low: decodeColumn(json.low),
    high: decodeColumn(json.high),
    close: decodeColumn(json.close),
    mark: decodeColumn(json.mark),
    index: decodeColumn(json.index),
    spreadBps: decodeColumn(json.spread_bps),
    funding8h: decodeColumn(json.funding_8h),
    bid: json.bid.map(decodeColumn),
    ask: json.ask.map(decodeColumn),
  };
}

function decodeMap(json: MapJson): MapSnapshot {
  return {
    label: json.label,
    timeS: json.time_s,
    price: json.price,
    low: decodeColumn(json.price_low),
    high: decodeColumn(json.price_high),
    isLong: decodeColumn(json.is_long),
    band: decodeColumn(json.band),
    usd: decodeColumn(json.notional_usd),
    accounts: decodeColumn(json.accounts),
  };
}

// Assets are decoded when they are first shown: a run has several and people look at one.
export function decodeAsset(json: AssetJson): Asset {
  return {
    name: json.name,
    venue: json.venue,
    perp: json.perp === null ? null : decodeBook(json.perp),
    spot: json.spot === null ? null : decodeBook(json.spot),
    liquidations: {
      longTrue: decodeColumn(json.liquidations.long_true),
      shortTrue: decodeColumn(json.liquidations.short_true),
      longReported: decodeColumn(json.liquidations.long_reported),
      shortReported: decodeColumn(json.liquidations.short_reported),
    },
    openInterest: json.open_interest.map((row) => ({ venue: row.venue, usd: decodeColumn(row.usd) })),
    fundingPrints: json.funding_prints.map((row) => ({
      venue: row.venue,
      timeS: decodeColumn(row.time_s),
      rate8h: decodeColumn(row.rate_8h),
    })),
    fairValue: decodeColumn(json.fair_value),
    measured:
      json.measured === null
        ? null
        : {
            source: json.measured.source,
            stepS: json.measured.step_s,
            price: decodeColumn(json.measured.price),
          },
    map: json.map.map(decodeMap),
    lowS: json.low_s,
  };
}

export function decodeFund(json: FundJson): Fund {
  return {
    venue: json.venue,
    balance: decodeColumn(json.balance),
    equity: decodeColumn(json.equity),
    inflow: decodeColumn(json.inflow),
    outflow: decodeColumn(json.outflow),
    adl: decodeColumn(json.adl),
    badDebtUsd: json.bad_debt_usd,
  };
}

export function parseRun(text: string): RunJson {
  const run = JSON.parse(text) as RunJson;
  if (run.format !== dataFormat) {
    throw new Error(`this page reads data format ${dataFormat}, the file has ${run.format}`);
  }
  return run;
}

// Times of the grid's steps (their ends), UNIX seconds.
export function gridTimes(run: RunJson): number[] {
  const times = new Array<number>(run.grid.count);
  for (let k = 0; k < times.length; k++) {
    times[k] = run.run.start_unix_s + (k + 1) * run.grid.step_s;
  }
  return times;
}
