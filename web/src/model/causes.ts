// What `attribute`, `policies` and `judge` write, as the pages read it, and the words the pages put around it. The
// figures are the program's; docs/attribution.md, docs/policies.md and docs/verdict.md say what they mean.
import type { LimitVerdict } from '../view/limits';
import { count, money, noData, percent, price } from './format';
import type { CrossJson, ExternalityJson, WarnJson } from './experiments';
import type { LossJson } from './losses';
import type { PreventJson } from './prevent';

export interface Spread {
  mean: number;
  p05: number;
  p50: number;
  p95: number;
  se: number;
  n: number;
  next_low: number | null; // 90 % interval of one more seed with a draw of its own
  next_high: number | null;
}
export interface Share {
  player: string;
  shapley: Spread | null;
  share: Spread | null;
  state: 'identified' | 'not identified' | 'void';
  removed: Spread | null;
  removal_disagrees: boolean;
  assumed_part: number;
  paired_correlation: number | null;
}
export interface Outcome {
  name: string;
  label: string;
  unit: string;
  when: string;
  price: boolean;
  seeds: number;
  seeds_without_effect: number;
  opposed: boolean;
  all_in: Spread | null;
  none_in: Spread | null;
  shares: Share[];
  interactions: { a: string; b: string; mean: number }[];
}
export interface PriceGates {
  state: string;
  reason: string;
  missed?: string[];
}
export interface Level {
  name: string;
  label: string;
  unit: string;
  start: Spread | null;
  minimum: Spread | null;
  end: Spread | null;
}
export interface AttributionJson {
  scenario: string;
  title: string;
  scenario_hash: string;
  core: string;
  version: string;
  seed_from: number;
  seeds: number;
  coalitions: number;
  worlds: number;
  core_hours: number;
  off_after_s: number;
  price_gates: PriceGates;
  incomplete_seeds: number[];
  players: { name: string; label: string; off: string; assumed_events: string[] }[];
  drawn: { key: string; low: string; high: string; source: string }[];
  levels: Level[];
  outcomes: Outcome[];
  by_removal_alone: { cause: string; outcome: string; removed: Spread | null }[];
  sensitivities: OutcomeSensitivity[];
  losses: LossJson[];
}
export interface OutcomeSensitivity {
  outcome: string;
  median: number;
  drawn: { key: string; worlds: number; rank_correlation: number | null; low_third: number | null; high_third: number | null; clear: boolean }[];
}

export type Effect = 'helps' | 'harms' | 'no effect' | 'not clear' | 'not known';
export interface PolicyFigure {
  metric: string;
  label: string;
  unit: string;
  more_is_better: boolean;
  price: boolean;
}
export interface Change {
  metric: string;
  effect: Effect;
  n: number;
  gain?: number | null;
  today?: number;
  with?: number;
  change?: number;
  low?: number;
  high?: number;
  seeds_up?: number;
  seeds_down?: number;
}
export interface PolicyDay {
  scenario: string;
  title: string;
  scenario_hash: string;
  core: string;
  quiet: boolean;
  seed_from: number;
  seeds: number;
  core_hours: number;
  policies: { name: string; changed: string[]; figures: Change[] }[];
}
export interface Policy {
  name: string;
  label: string;
  group: string;
  about: string;
  assumes: string;
  set: Record<string, string>;
}
export interface PoliciesJson {
  version: string;
  price_gates: PriceGates;
  figures: PolicyFigure[];
  policies: Policy[];
  days: PolicyDay[];
  rankings: { metric: string; order: string[]; sign_flips: string[]; not_clear: string[] }[];
}

export interface Verdict {
  id: string;
  statement: string;
  verdict: 'supported' | 'contradicted' | 'not identified';
  figure: string;
  unit: string;
  measured: number | null;
  low: number | null;
  high: number | null;
  worlds: number;
  reason: string;
  fact: string;
}

export type CausesJson =
  | { kind: 'attribution'; command: string; attribution: AttributionJson }
  | { kind: 'policies'; command: string; policies: PoliciesJson }
  | { kind: 'prevent'; command: string; prevent: PreventJson }
  | { kind: 'cross'; command: string; cross: CrossJson }
  | { kind: 'warn'; command: string; warn: WarnJson }
  | { kind: 'externality'; command: string; externality: ExternalityJson }
  | { kind: 'verdict'; command: string; scenario: string; title: string; worlds: string; policies: string; notes: string[]; price_gates: PriceGates; verdicts: Verdict[] }
  | { kind: 'board'; command: string; attribution: AttributionJson; limits: LimitVerdict[]; policies: PoliciesJson | null; verdicts: Verdict[] | null };

export function parseCauses(text: string): CausesJson {
  const read = JSON.parse(text) as { format: number } & CausesJson;
  if (read.format !== 1) {
    throw new Error(`data of format ${read.format}; this page reads 1`);
  }
  return read;
}

// --- numbers ---

export function valueText(unit: string, value: number | null | undefined): string {
  if (value === null || value === undefined) {
    return noData;
  }
  if (unit.startsWith('fraction')) {
    return percent(value, unit === 'fraction' ? 2 : 4);
  }
  if (unit === 'USD per coin') {
    return price(value);
  }
  if (unit === 'ratio' || unit === 'bps') {
    return value.toFixed(2);
  }
  if (unit === 'minutes') {
    return `${value.toFixed(1)} min`;
  }
  return unit === 'USD' ? money(value) : count(value);
}

export function signedText(unit: string, value: number | null | undefined): string {
  const text = valueText(unit, value);
  return value !== null && value !== undefined && value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

export function bandText(unit: string, low: number | null | undefined, high: number | null | undefined): string {
  return low === null || low === undefined || high === null || high === undefined ? noData : `${valueText(unit, low)} … ${valueText(unit, high)}`;
}

// In whole per cent, without its sign of unit: 31.
function whole(fraction: number): string {
  return percent(fraction, 0).replace(' %', '');
}
export function shareText(share: Spread): string {
  return share.n === 1 ? `${whole(share.p50)} %` : `${whole(share.p50)} % [${whole(share.p05)} … ${whole(share.p95)}]`;
}

// --- attribution ---

// At the low or over the window; the others are the same at fixed times.
export function isMain(outcome: Outcome): boolean {
  return !/_\d+$/.test(outcome.name);
}
export function familyOf(outcome: Outcome): string {
  return outcome.name.replace(/_\d+$/, '');
}
export interface Family {
  label: string;
  outcomes: Outcome[];
}
export function familiesOf(outcomes: Outcome[]): Family[] {
  const names = [...new Set(outcomes.map(familyOf))];
  return names.map((name) => {
    const members = outcomes.filter((outcome) => familyOf(outcome) === name);
    return { label: (members.find(isMain) ?? members[0]!).label, outcomes: members };
  });
}

export function isVoid(outcome: Outcome): boolean {
  return outcome.shares.some((share) => share.state === 'void');
}

export function labelOf(data: AttributionJson, player: string): string {
  return data.players.find((one) => one.name === player)?.label ?? player;
}

// Why nothing may be read from the share; empty: it is identified.
export function faceOf(outcome: Outcome, share: Share, gates: PriceGates): string {
  if (share.state === 'void') {
    return `void: gates ${gates.state}`;
  }
  if (share.state === 'identified') {
    return '';
  }
  if (outcome.opposed) {
    return 'not identified: causes oppose each other';
  }
  const next = share.share;
  return next === null ? 'not identified: nothing to share' : next.next_low === null || next.next_high === null ? 'not identified: one seed'
    : `not identified: ${whole(next.next_low)} to ${whole(next.next_high)} %`;
}

export function inWords(parts: string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts[parts.length - 1]!}`;
}

// Identified, largest first.
export function identifiedOf(outcome: Outcome): Share[] {
  return outcome.shares
    .filter((share) => share.state === 'identified' && share.share !== null)
    .sort((a, b) => Math.abs(b.share!.p50) - Math.abs(a.share!.p50));
}

// An identified share is one of two things: surely more than a tenth, or surely less than 40 %.
const large = 0.10;
const mostNamed = 3;
function identifiedText(data: AttributionJson, outcome: Outcome): string {
  const found = identifiedOf(outcome);
  const main = found.filter((share) => (share.share!.next_low ?? 0) > large);
  const rest = found.length - main.length;
  const named = main.slice(0, mostNamed).map((share) => `${labelOf(data, share.player)} (${shareText(share.share!)})`);
  const more = main.length - named.length;
  const first = main.length === 0 ? 'no cause is shown to make more than a tenth'
    : `${inWords([...named, ...(more > 0 ? [`${more} more`] : [])])} ${main.length === 1 ? 'makes more than a tenth' : 'make more than a tenth each'}`;
  const kinds = `${rest} ${main.length > 0 ? 'other ' : ''}${rest === 1 ? 'cause' : 'causes'}`;
  return rest === 0 ? first : `${first}; ${kinds} less than 40 %${rest === 1 ? '' : ' each'}`;
}

// What may be said, first of all: of which outcome which causes are identified, and why not of the others.
export function attributionAnswer(data: AttributionJson): string[] {
  const main = data.outcomes.filter(isMain);
  const told = main.filter((outcome) => identifiedOf(outcome).length > 0);
  const voided = main.filter(isVoid);
  const out: string[] = [];
  const because = `Shares of ${inWords(voided.map((outcome) => outcome.label))} are void: ${data.price_gates.reason}.`;
  if (told.length === 0) {
    out.push(voided.length === main.length && main.length > 0 ? because
      : `No cause's share is identified${voided.length === 0 ? '' : `, and ${because.charAt(0).toLowerCase()}${because.slice(1, -1)}`}.`);
  } else {
    out.push(`Of ${told[0]!.label}, ${identifiedText(data, told[0]!)}${voided.length === 0 ? '' : '. Shares of a price are void'}.`);
    told.slice(1).forEach((outcome) => out.push(`Of ${outcome.label}, ${identifiedText(data, outcome)}.`));
    if (voided.length > 0) {
      out.push(because);
    }
  }
  const none = main.filter((outcome) => !told.includes(outcome) && !voided.includes(outcome));
  if (none.length > 0) {
    out.push(`Of ${inWords(none.map((outcome) => outcome.label))}, no cause is identified.`);
  }
  return out;
}

// The outcome that a summary shows: the first price that is not void, else the first that is no price.
export function leadOutcome(data: AttributionJson): Outcome | null {
  const main = data.outcomes.filter(isMain);
  return main.find((outcome) => !isVoid(outcome)) ?? main[0] ?? null;
}

export function largestShares(outcome: Outcome, most: number): Share[] {
  return [...outcome.shares].sort((a, b) => Math.abs(b.shapley?.mean ?? 0) - Math.abs(a.shapley?.mean ?? 0)).slice(0, most);
}

// --- policies ---

export const effectMarks: Record<Effect, string> = { helps: '✓', harms: '✗', 'no effect': '=', 'not clear': '?', 'not known': '·' };

export function isVoidFigure(data: PoliciesJson, figure: PolicyFigure): boolean {
  return figure.price && data.price_gates.state !== 'met';
}

export function changeOf(day: PolicyDay, policy: string, metric: string): Change | null {
  return day.policies.find((row) => row.name === policy)?.figures.find((figure) => figure.metric === metric) ?? null;
}

export function policyLabel(data: PoliciesJson, name: string): string {
  return data.policies.find((policy) => policy.name === name)?.label ?? name;
}

// Heads of narrow columns.
const shortFigures: Record<string, string> = {
  btc_fall_open_to_low: 'BTC fall', eth_fall_open_to_low: 'ETH fall', liquidated_true_usd: 'liquidated', accounts_true: 'accounts',
  bad_debt_usd: 'bad debt', fund_min_usd: 'fund', fund_draw_usd: 'fund draw', adl_usd: 'ADL, USD', adl_accounts: 'ADL, acc.', depth_1pct_min_share: 'depth',
  spread_max_bps: 'spread', spread_mean_bps: 'spread, mean', volume_usd: 'traded', adl_forgone_usd: 'ADL, forgone',
  depth_1pct_min_usd: 'depth, USD', depth_1pct_thin_minutes: 'thin bids', depth_1pct_recovery_minutes: 'until back', defi_liquidated_usd: 'on chain', defi_bad_debt_usd: 'chain debt',
};
export function shortFigure(figure: PolicyFigure): string {
  return shortFigures[figure.metric] ?? figure.label;
}

// The figure that answers first: forced dollars.
export const leadMetric = 'liquidated_true_usd';

export function policiesAnswer(data: PoliciesJson): string[] {
  const out: string[] = [];
  const figure = data.figures.find((one) => one.metric === leadMetric);
  const ranking = data.rankings.find((one) => one.metric === leadMetric);
  const crashes = data.days.filter((day) => !day.quiet);
  if (figure === undefined || ranking === undefined || crashes.length === 0) {
    return ['No crash day was run: what follows is what policies cost on a quiet day.'];
  }
  const effects = (name: string): Effect[] => crashes.map((day) => changeOf(day, name, leadMetric)?.effect ?? 'not known');
  const helping = ranking.order.filter((name) => effects(name).includes('helps'));
  const harming = ranking.order.filter((name) => effects(name).includes('harms'));
  const labels = (names: string[]): string => inWords(names.map((name) => policyLabel(data, name)));
  const days = crashes.length === 1 ? 'the crash day' : `${crashes.length} crash days`;
  out.push(helping.length === 0 ? `Over ${days}, no policy clearly lowers ${figure.label}.`
    : `Over ${days}, ${labels(helping.slice(0, 3))} lower${helping.length === 1 ? 's' : ''} ${figure.label}${helping.length > 3 ? ` most, of ${helping.length} that do` : ''}.`);
  if (harming.length > 0) {
    out.push(`${labels([...harming].reverse().slice(0, 3))} raise${harming.length === 1 ? 's' : ''} it.`);
  }
  if (ranking.sign_flips.length > 0) {
    out.push(`In no order, because what helps on one day harms on another: ${labels(ranking.sign_flips)}.`);
  }
  if (ranking.not_clear.length > 0) {
    out.push(`Not clear on any crash day: ${ranking.not_clear.length} of ${data.policies.length}; more seeds may tell.`);
  }
  if (data.price_gates.state !== 'met') {
    out.push(`What is said of prices is void: ${data.price_gates.reason}.`);
  }
  return out;
}

// --- verdicts ---

export function verdictAnswer(verdicts: Verdict[]): string {
  const of = (word: Verdict['verdict']): string[] => verdicts.filter((one) => one.verdict === word).map((one) => one.id);
  const part = (ids: string[], word: string): string => (ids.length === 0 ? `none ${word}` : `${ids.length} ${word} (${ids.join(', ')})`);
  return `Of ${verdicts.length} statements, ${part(of('supported'), 'supported')}, ${part(of('contradicted'), 'contradicted')}, `
    + `${part(of('not identified'), 'not identified')}.`;
}
