// What `margincall cross`, `warn` and `externality` write, as their pages read it. The figures are the program's;
// docs/cross.md, docs/warning.md and docs/externality.md say what they mean.
import { bandText, inWords, valueText, type PriceGates, type Spread } from './causes';
import { noData } from './format';

// Mean of the seeds' differences with its 90 % interval.
export interface PairedEffect {
  state: 'known' | 'not known' | 'none' | 'too few seeds';
  n: number;
  mean?: number;
  low?: number;
  high?: number;
}

// Of a million dollars, where the effect is of one.
export function perMillion(effect: PairedEffect): PairedEffect {
  return effect.mean === undefined ? effect : { ...effect, mean: effect.mean * 1e6, low: effect.low! * 1e6, high: effect.high! * 1e6 };
}

export interface CrossFigure {
  name: string;
  label: string;
  unit: string;
  price: boolean;
  cells: (Spread | null)[]; // state of the first day with its events, with the second's; state of the second ...
  events: PairedEffect;
  state: PairedEffect;
  interaction: PairedEffect;
}
// Which worlds were run, and by what.
export interface Worlds {
  version: string;
  core: string;
  seed_from: number;
  seeds: number;
  drawn: boolean;
  core_hours: number;
}

export interface CrossJson extends Worlds {
  days: [string, string];
  events_have: string[];
  price_gates: PriceGates;
  cells: { state: string; events: string; scenario_hash: string }[];
  figures: CrossFigure[];
}

export interface Indicator {
  name: string;
  label: string;
  unit: string;
  warns_when: 'high' | 'low';
  positives: number;
  negatives: number;
  auc: number | null;
  auc_low: number | null;
  auc_high: number | null;
  threshold: number | null;
  crashes: number;
  announced: number;
  lead_minutes: { n: number; p05: number | null; p50: number | null; p95: number | null };
  false_alarms_a_week: number | null;
}
export interface WarnJson {
  version: string;
  core: string;
  scenario: string;
  title: string;
  scenario_hash: string;
  seed_from: number;
  drawn: boolean;
  runs: number;
  minutes: number;
  falls: number;
  crashes: number;
  runs_with_crash: number;
  positive_minutes: number;
  negative_minutes: number;
  base_rate: number | null;
  indicators: Indicator[];
}

export interface ExternalityGroup {
  by: string;
  name: string;
  set: string[];
  open_interest_usd: Spread | null;
  step_usd: Spread | null;
  effects: { figure: string; per_dollar: PairedEffect; contribution_usd: PairedEffect }[];
}
export interface ExternalityJson extends Worlds {
  scenario: string;
  title: string;
  scenario_hash: string;
  step: number;
  figures: { name: string; label: string; unit: string; with_everybody: Spread | null }[];
  groups: ExternalityGroup[];
}

// Its interval leaves out 0.
export function isKnown(effect: PairedEffect): boolean {
  return effect.state === 'known';
}

export function effectText(unit: string, effect: PairedEffect): string {
  if (effect.mean === undefined) {
    return noData;
  }
  return effect.state === 'none' ? 'none'
    : `${valueText(unit, effect.mean)} [${bandText(unit, effect.low!, effect.high!)}]${isKnown(effect) ? '' : ' not known'}`;
}

// Of each figure that is not void: what makes it larger or smaller, the events or the state.
export function crossAnswer(data: CrossJson): string[] {
  const voided = data.price_gates.state !== 'met';
  const out = data.figures.filter((figure) => !figure.price || !voided).map((figure) => {
    const said = ([['events', figure.events], ['state', figure.state]] as const)
      .filter(([, effect]) => isKnown(effect))
      .map(([what, effect]) => `the ${what} of ${data.days[1]} in place of those of ${data.days[0]} change it by ${effectText(figure.unit, effect)}`);
    return `${figure.label}: ${said.length === 0 ? 'neither is known to change it' : inWords(said)}.`;
  });
  return voided ? [...out, `What is said of prices is void: ${data.price_gates.reason}.`] : out;
}

// The indicators whose AUC is beyond chance, best first.
export function tellingOf(data: WarnJson): Indicator[] {
  return data.indicators
    .filter((one) => one.auc !== null && one.auc_low !== null && one.auc_low > 0.5)
    .sort((a, b) => b.auc! - a.auc!);
}

export function warnAnswer(data: WarnJson): string[] {
  if (data.crashes === 0) {
    return [`No crash in ${data.runs} runs: nothing is known of any indicator.`];
  }
  const telling = tellingOf(data);
  const named = telling.slice(0, 3).map((one) => `${one.label} (AUC ${one.auc!.toFixed(2)})`);
  return [
    telling.length === 0 ? 'No indicator is shown to do better than chance.'
      : `${telling.length} of ${data.indicators.length} indicators do better than chance: ${inWords(named)}${telling.length > named.length ? ' before the others' : ''}.`,
    `${data.crashes} crashes in ${data.runs_with_crash} of ${data.runs} runs; ${data.falls} falls in all.`,
  ];
}

export function externalityAnswer(data: ExternalityJson): string[] {
  const lead = data.figures[0];
  if (lead === undefined) {
    return [];
  }
  const clear = data.groups
    .map((group) => ({ group, effect: group.effects[0]!.per_dollar }))
    .filter(({ effect }) => isKnown(effect))
    .sort((a, b) => b.effect.mean! - a.effect.mean!);
  return [clear.length === 0
    ? `Of no group is it known that a dollar of its open interest adds to ${lead.label}.`
    : `What a million dollars of open interest more add (${lead.label}): ${inWords(clear.slice(0, 3).map(({ group, effect }) => (
      `of ${group.by} ${group.name} ${effectText('USD', perMillion(effect))}`)))}.`];
}
