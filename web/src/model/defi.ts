// The chain of a run: health factors, lending, the synthetic dollar, the incident
// (src/report/defi_data.cpp).
import { decodeColumn } from './run';

type Encoded = string;

export interface PeakJson {
  value: number;
  token: string;
  time_s: number;
}

export interface LendingMarketJson {
  name: string;
  borrowed_start_usd: number;
  liquidated_usd: number;
  liquidated_share: number | null;
  seized_usd: number;
  calls: number;
  deficit_usd: number;
  utilisation_max: PeakJson;
  borrow_apr_max: PeakJson;
}

export interface PegVenueJson {
  venue: string;
  rule: string;
  price_low: number;
  low_s: number;
  collateral_low: number;
  depth_start_usd: number;
  depth_low_usd: number;
  low: Encoded;
  collateral: Encoded;
  depth: Encoded;
}

interface AttackedPoolJson {
  name: string;
  time_s: number;
  stolen_eth: number;
  stolen_usd: number | null;
  stage: Encoded;
  invariant: Encoded;
  share: Encoded;
}

// A pool on chain: of the synthetic dollar with its price in USD, or one of the incident.
export interface PoolJson {
  name: string;
  of_dollar: boolean;
  price_low: number;
  low_s: number;
  traded_usd: number;
  invariant_last: number;
  price: Encoded; // empty for pools of the incident
  invariant: Encoded; // over its value at the start
}

export interface IncidentJson {
  event: string;
  rounding: 'flawed' | 'corrected';
  paused: boolean;
  stolen_usd: number | null;
  reported_usd: number;
  remainder_usd: number | null;
  pools: AttackedPoolJson[];
}

export interface DefiJson {
  mix: { name: string; share: number; status: string; source: string }[];
  health: { label: string; time_s: number; low: Encoded; high: Encoded; debt: Encoded }[];
  markets: LendingMarketJson[];
  reserves: { market: string; token: string; utilisation: Encoded; borrow_apr: Encoded }[];
  liquidations: { repaid: Encoded; seized: Encoded; deficit: Encoded };
  peg: { asset: string; gap_max: number | null; forced_sales_usd: number; venues: PegVenueJson[] } | null;
  pools: PoolJson[];
  incident: IncidentJson | null;
}

// Debt by health factor at one moment; a bin from 0 holds all below its upper bound.
export interface HealthSnapshot {
  label: string;
  timeS: number;
  low: Float32Array;
  high: Float32Array;
  debt: Float32Array; // USD
}

export function decodeHealth(json: DefiJson['health'][number]): HealthSnapshot {
  return {
    label: json.label,
    timeS: json.time_s,
    low: decodeColumn(json.low),
    high: decodeColumn(json.high),
    debt: decodeColumn(json.debt),
  };
}

// A pool through the attacker's batch, one entry a swap.
export interface AttackedPool {
  name: string;
  timeS: number;
  stolenEth: number;
  stolenUsd: number | null;
  stage: Float32Array; // 0 drain, 1 round, 2 buy back
  invariant: Float32Array; // scaled wei
  share: Float32Array; // worth of one share, ether
}

export function decodeAttacked(json: AttackedPoolJson): AttackedPool {
  return {
    name: json.name,
    timeS: json.time_s,
    stolenEth: json.stolen_eth,
    stolenUsd: json.stolen_usd,
    stage: decodeColumn(json.stage),
    invariant: decodeColumn(json.invariant),
    share: decodeColumn(json.share),
  };
}

// The stages of a batch as ranges of steps, in order.
export function stages(stage: ArrayLike<number>): { stage: number; from: number; to: number }[] {
  const out: { stage: number; from: number; to: number }[] = [];
  for (let k = 0; k < stage.length; k++) {
    const last = out[out.length - 1];
    if (last !== undefined && last.stage === stage[k]) {
      last.to = k;
    } else {
      out.push({ stage: stage[k]!, from: k, to: k });
    }
  }
  return out;
}
