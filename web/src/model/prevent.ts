// What `margincall prevent` writes, as its page reads it. The figures and the answer are the program's;
// docs/prevent.md says what they mean.
import { noData, percent } from './format';
import type { Policy, PriceGates } from './causes';

export interface KeptShare {
  kept: number;
  worlds: number;
  unknown: number;
  share: number | null;
  low: number;
  high: number;
}
export interface Kept {
  all: KeptShare;
  limits: KeptShare[];
}
export interface TriedSetting {
  name: string;
  label: string;
  levers: number;
  step: number;
  set: Record<string, string>;
  changed: string[];
  round: number;
  size: number;
  holds: boolean;
  quiet_cost: number | null;
  kept: Kept;
}
export interface PreventJson {
  version: string;
  scenario: string;
  title: string;
  scenario_hash: string;
  core: string;
  price_gates: PriceGates;
  share: number;
  limits: { name: string; text: string; metric: string; label: string; price: boolean }[];
  end: string;
  answer: string[];
  seed_from: number;
  seeds: number;
  fresh_from: number;
  fresh_seeds: number;
  today: { search: Kept; fresh: Kept | null };
  levers: (Policy & { today: number | null; most: number | null })[];
  left_out: { name: string; why: string }[];
  pairs: string[];
  tried_pairs: boolean;
  tried: TriedSetting[];
  order: number[];
  fresh: { row: number; word: 'confirmed' | 'kept, not certain' | 'fails on fresh seeds'; kept: Kept }[];
  quiet_days: string[];
  core_hours: number;
}

// "19 of 20, 95.0 %"
export function keptText(kept: KeptShare | undefined): string {
  return kept === undefined || kept.share === null ? noData : `${kept.kept} of ${kept.worlds}, ${percent(kept.share, 1)}`;
}

export function intervalText(kept: KeptShare | undefined): string {
  return kept === undefined || kept.share === null ? noData : `${percent(kept.low, 1)} … ${percent(kept.high, 1)}`;
}

// Settings by how often they keep every limit, and of equals the smaller change first; `most` of them.
export function byShare(tried: TriedSetting[], most: number): TriedSetting[] {
  return [...tried]
    .sort((a, b) => (b.kept.all.share ?? 0) - (a.kept.all.share ?? 0) || a.levers - b.levers || a.size - b.size)
    .slice(0, most);
}
