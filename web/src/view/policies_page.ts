// The page of `margincall policies`: what other rules would have done.
import { heatMap } from '../chart/heat_map';
import {
  bandText, changeOf, effectMarks, isVoidFigure, leadMetric, policiesAnswer, policyLabel, shortFigure, signedText, valueText, type Change,
  type Effect, type PoliciesJson, type PolicyDay, type PolicyFigure,
} from '../model/causes';
import * as format from '../model/format';
import { chip, choice, element, nothing, type Tone } from './dom';
import type { Drawings } from './drawings';
import { layOut, type Rendered } from './page';
import type { Picture } from './picture';
import { command, facts } from './sections';
import { dataTable, number, type Cell, type Column } from './table';

export function policiesStamp(data: PoliciesJson): string {
  return `${data.days.map((day) => `${day.scenario} ${day.scenario_hash}`).join(' · ')} · Margincall ${data.version}`;
}

const effectTones: Record<Effect, Tone> = { helps: 'kept', harms: 'broken', 'no effect': 'close', 'not clear': 'unknown', 'not known': 'unknown' };

// With a void figure the effect is named, but says nothing.
export function effectCell(data: PoliciesJson, figure: PolicyFigure, effect: Effect): Cell {
  return isVoidFigure(data, figure) ? { shown: chip('unknown', `void (${effect})`), text: `void (${effect})` }
    : { shown: chip(effectTones[effect], effect), text: effect };
}

function gainText(gain: number): string {
  return `${gain > 0 ? '+' : ''}${format.percent(gain, 0)}`;
}

// From long to short: with the change, the mark alone.
function wordsOf(change: Change | null): string[] {
  if (change === null) {
    return [''];
  }
  const mark = effectMarks[change.effect];
  const gain = change.gain ?? null;
  return gain === null ? [mark] : [`${mark} ${gainText(gain)}`, mark];
}

// What the cursor reads of a cell.
function readOf(figure: PolicyFigure, change: Change | null): string {
  const [effect, seeds] = [change?.effect ?? 'not known', change?.n ?? 0];
  return change?.change === undefined ? `${effect}, ${seeds} seeds`
    : `${effect}, ${signedText(figure.unit, change.change)} [${bandText(figure.unit, change.low, change.high)}], ${seeds} seeds`;
}

function mapPicture(data: PoliciesJson, day: PolicyDay, stamp: string): Picture {
  const change = (r: number, c: number): Change | null => changeOf(day, data.policies[r]!.name, data.figures[c]!.metric);
  return heatMap({
    title: `${day.title}${day.quiet ? ' (quiet day)' : ''}`,
    unit: 'change in per cent of today’s figure: + for the better, − for the worse; colours end at 100 %',
    name: `policies-${day.scenario}`,
    stamp,
    columnTitle: 'figure',
    columns: data.figures.map(shortFigure),
    rowTitle: 'policy',
    rows: data.policies.map((policy) => policy.label),
    shortRows: data.policies.map((policy) => policy.name),
    values: data.policies.map((_policy, r) => data.figures.map((_figure, c) => change(r, c)?.gain ?? null)),
    format: gainText,
    range: [-1, 1],
    poles: ['--loss', '--gain'],
    grey: (_r, c) => isVoidFigure(data, data.figures[c]!),
    says: (r, c) => wordsOf(change(r, c)),
    read: (r, c) => `${readOf(data.figures[c]!, change(r, c))}${isVoidFigure(data, data.figures[c]!) ? ', void' : ''}`,
    legend: (Object.keys(effectMarks) as Effect[]).map((effect) => element('span', { class: 'key' }, `${effectMarks[effect]} ${effect}`)),
    note: 'Hatched: the figure is 0 under today’s rules, or not known, so that there is nothing to measure its change by.'
      + `${data.price_gates.state === 'met' ? '' : ` Grey: void, ${data.price_gates.reason}.`}`,
  });
}

function map(data: PoliciesJson, drawings: Drawings, stamp: string): Rendered {
  const host = element('div', { class: 'card' });
  const show = (index: number): void => drawings.show('map', host, [mapPicture(data, data.days[index]!, stamp)]);
  queueMicrotask(() => show(0));
  return {
    lead: 'Mean change over paired worlds: today’s rules and the policy on one seed with one draw of what is not known. Helps, harms: its 90 % interval '
      + 'lies on one side of 0. No effect: it holds 0 and reaches no further than a twentieth of today’s figure. Not clear: further.',
    body: [
      ...(data.days.length > 1 ? [element('div', { class: 'toolbar' }, choice(data.days.map((day) => day.scenario), 0, show, 'Day'))] : []),
      host,
    ],
  };
}

function changeCells(data: PoliciesJson, figure: PolicyFigure, change: Change | null): Cell[] {
  const text = (value: number | undefined): Cell => number(valueText(figure.unit, value), value ?? null);
  return [
    text(change?.today), text(change?.with), number(signedText(figure.unit, change?.change), change?.change ?? null),
    number(bandText(figure.unit, change?.low, change?.high), [change?.low ?? null, change?.high ?? null]),
    effectCell(data, figure, change?.effect ?? 'not known'),
    number(change?.seeds_up === undefined ? format.noData : `${change.seeds_up} / ${change.seeds_down!} of ${change.n}`,
      [change?.seeds_up ?? null, change?.seeds_down ?? null, change?.n ?? null]),
  ];
}

const changeColumns: Column[] = [
  { title: 'Today', kind: 'number', csv: ['today'] }, { title: 'With it', kind: 'number', csv: ['with'] },
  { title: 'Change', kind: 'number', strong: true, csv: ['change'] }, { title: '90 % interval', kind: 'number', csv: ['low', 'high'] },
  { title: 'Effect', kind: 'text' }, { title: 'Seeds up / down', kind: 'number', csv: ['seeds_up', 'seeds_down', 'seeds'] },
];

function days(data: PoliciesJson, stamp: string): Rendered {
  const host = element('div', {});
  let day = data.days[0]!;
  const first = Math.max(data.figures.findIndex((one) => one.metric === leadMetric), 0);
  let figure = data.figures[first]!;
  const show = (): void => host.replaceChildren(dataTable({
    name: `policies-${day.scenario}-${figure.metric}`,
    title: `${figure.label}: ${day.title}${day.quiet ? ' (quiet day)' : ''}`,
    note: `${figure.more_is_better ? 'More is better' : 'Less is better'}; ${day.seeds} seeds from ${day.seed_from}.`
      + `${isVoidFigure(data, figure) ? ` Void: ${data.price_gates.reason}.` : ''}`,
    stamp,
    most: data.policies.length,
    columns: [{ title: 'Policy', kind: 'label' }, ...changeColumns],
    rows: data.policies.map((policy) => [policy.label, ...changeCells(data, figure, changeOf(day, policy.name, figure.metric))]),
  }));
  show();
  return {
    lead: 'Today and with it: means over seeds. The change is the mean of the pairs’ differences, its interval by Student’s distribution.',
    body: [
      element('div', { class: 'toolbar' },
        ...(data.days.length > 1 ? [choice(data.days.map((one) => one.scenario), 0, (k) => { day = data.days[k]!; show(); }, 'Day')] : []),
        choice(data.figures.map(shortFigure), first, (k) => { figure = data.figures[k]!; show(); }, 'Figure')),
      host,
    ],
  };
}

function ranking(data: PoliciesJson, stamp: string): Rendered | null {
  if (data.rankings.length === 0) {
    return null;
  }
  const labels = (names: string[]): string => (names.length === 0 ? 'none' : names.map((name) => policyLabel(data, name)).join(' › '));
  const list = (names: string[]): string => (names.length === 0 ? 'none' : names.map((name) => policyLabel(data, name)).join('; '));
  const figure = (metric: string): PolicyFigure | undefined => data.figures.find((one) => one.metric === metric);
  return {
    lead: 'Over the crash days, by mean change in units of today’s figure. What clearly helps on one day and clearly harms on another is in no order. '
      + 'Quiet days are in no ranking.',
    body: [dataTable({
      name: 'policies-ranking', title: 'Ranking', quietTitle: true, stamp, most: data.rankings.length,
      columns: [
        { title: 'Figure', kind: 'label' }, { title: 'Clear, best first', kind: 'prose' }, { title: 'In no order: the sign flips', kind: 'prose' },
        { title: 'Not clear on any day', kind: 'prose' },
      ],
      rows: data.rankings.map((row) => {
        const of = figure(row.metric);
        const voided = of !== undefined && isVoidFigure(data, of);
        return [`${of?.label ?? row.metric}${voided ? ' (void)' : ''}`, labels(row.order), list(row.sign_flips), list(row.not_clear)];
      }),
    })],
  };
}

function quiet(data: PoliciesJson, stamp: string): Rendered {
  const quietDays = data.days.filter((day) => day.quiet);
  if (quietDays.length === 0) {
    return { body: [nothing('no quiet day was run (--quiet-day): what these policies cost on one is not known')] };
  }
  return {
    lead: 'Only what is clear: what a policy makes better or worse when nothing happens. Most of the flow is drawn and does not ask for rules: volume is what the market lets through, not what people would have traded.',
    body: quietDays.map((day) => {
      const clear = data.policies.flatMap((policy) => data.figures
        .map((figure) => ({ policy, figure, change: changeOf(day, policy.name, figure.metric) }))
        .filter(({ change }) => change?.effect === 'harms' || change?.effect === 'helps'));
      return clear.length === 0 ? nothing(`${day.title}: no policy clearly changes any figure`) : dataTable({
        name: `policies-cost-${day.scenario}`, title: day.title, stamp, most: 30,
        columns: [{ title: 'Policy', kind: 'label' }, { title: 'Figure', kind: 'text' }, ...changeColumns],
        rows: clear.map(({ policy, figure, change }) => [policy.label, figure.label, ...changeCells(data, figure, change)]),
      });
    }),
  };
}

function changed(data: PoliciesJson): Rendered {
  return {
    lead: 'A policy is data: keys of the scenario and what it sets them to. Below each, the lines of the resolved scenario that differ, day by day; nothing else does.',
    body: data.policies.map((policy) => {
      const node = element('details', { class: 'group' },
        element('summary', {}, policy.label, ' ', element('code', {}, policy.name), element('span', { class: 'quiet' }, ` ${policy.group}`)),
        element('p', { class: 'note' }, policy.about),
        facts(Object.entries(policy.set)),
        ...data.days.flatMap((day) => {
          const lines = day.policies.find((row) => row.name === policy.name)?.changed ?? [];
          return [element('p', { class: 'note' }, `${day.title}: ${lines.length} lines of the resolved scenario`), element('pre', {}, lines.join('\n') || 'none')];
        }));
      return node;
    }),
  };
}

function assumptions(data: PoliciesJson, stamp: string): Rendered {
  const assuming = data.policies.filter((policy) => policy.assumes !== '');
  return {
    body: [
      ...(assuming.length === 0 ? [nothing('no policy assumes anything beyond its rule')] : [dataTable({
        name: 'policies-assumptions', title: 'What a policy takes people to do', stamp,
        columns: [{ title: 'Policy', kind: 'label' }, { title: 'Assumes', kind: 'prose' }],
        rows: assuming.map((policy) => [policy.label, policy.assumes]),
      })]),
      element('ul', { class: 'limits' },
        element('li', {}, 'Who trades, and how, stays as it is unless the table above says otherwise: nobody leaves a venue because of its rules, or trades less.')),
    ],
  };
}

export function policiesPage(main: HTMLElement, drawings: Drawings, data: PoliciesJson, line: string): void {
  const stamp = policiesStamp(data);
  const gates = data.price_gates;
  layOut('policies', main, {
    title: 'What other rules would have done',
    about: data.days.map((day) => `${day.title}${day.quiet ? ' (quiet)' : ''}`).join(' · '),
    answer: policiesAnswer(data),
    verdicts: gates.state === 'met' ? [] : [{ tone: 'unknown', word: 'void', text: `what is said of prices: ${gates.reason}` }],
    stamp,
  }, {
    map: () => map(data, drawings, stamp),
    days: () => days(data, stamp),
    ranking: () => ranking(data, stamp),
    quiet: () => quiet(data, stamp),
    changed: () => changed(data),
    assumptions: () => assumptions(data, stamp),
    reproduce: () => ({
      lead: 'Worlds are kept by key: the same command with --resume runs none twice.',
      body: [...command(line), facts(data.days.map((day): [string, string] => [
        day.scenario, `${day.scenario_hash}, core ${day.core}, ${day.seeds} seeds from ${day.seed_from}, ${day.core_hours.toFixed(2)} core hours`,
      ]))],
    }),
  }, `Margincall stress lab. ${stamp}`);
}
