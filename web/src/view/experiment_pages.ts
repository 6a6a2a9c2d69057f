// The pages of `margincall cross`, `warn` and `externality`.
import { barsPicture } from '../chart/bars';
import { bandText, valueText } from '../model/causes';
import {
  crossAnswer, effectText, externalityAnswer, isKnown, perMillion, warnAnswer, type CrossFigure, type CrossJson, type ExternalityJson, type PairedEffect, type WarnJson, type Worlds,
} from '../model/experiments';
import * as format from '../model/format';
import { nothing } from './dom';
import type { Drawings } from './drawings';
import { layOut, type Rendered } from './page';
import { command, facts } from './sections';
import { dataTable, number, type Cell, type Column } from './table';

function effectCell(unit: string, effect: PairedEffect): Cell {
  return number(effectText(unit, effect), [effect.mean ?? null, effect.low ?? null, effect.high ?? null]);
}

function effectColumn(title: string, name: string): Column {
  return { title, kind: 'number', csv: [`${name}_mean`, `${name}_low`, `${name}_high`] };
}

function drawnText(drawn: boolean): string {
  return drawn ? 'each seed with a draw of what is not known' : 'nothing drawn';
}

function worldsText(worlds: Worlds): string {
  return `${worlds.seeds} seeds from ${worlds.seed_from}, ${drawnText(worlds.drawn)}, core ${worlds.core}, ${worlds.core_hours.toFixed(2)} core hours`;
}

// --- cross ---

function crossCells(data: CrossJson, stamp: string): Rendered {
  const names = data.cells.map((cell) => `State ${cell.state}, events ${cell.events}`);
  return {
    lead: 'Mean and 5 to 95 % of the seeds. On the diagonal each day as it was.',
    body: [dataTable({
      name: 'cross-cells', title: 'Four cells', quietTitle: true, stamp, most: data.figures.length,
      columns: [{ title: 'Figure', kind: 'label' }, ...names.map((name, k): Column => ({ title: name, kind: 'number', csv: [`cell${k}_mean`, `cell${k}_p05`, `cell${k}_p95`] }))],
      rows: data.figures.map((figure): Cell[] => [figure.label, ...figure.cells.map((cell) => (cell === null ? number(format.noData, [null, null, null])
        : number(`${valueText(figure.unit, cell.mean)} [${bandText(figure.unit, cell.p05, cell.p95)}]`, [cell.mean, cell.p05, cell.p95])))]),
    })],
  };
}

// Effects of one figure in units of its mean over the diagonal, so that figures of different units stand in one picture.
function crossBars(figure: CrossFigure): { label: string; effect: PairedEffect; scale: number }[] {
  const own = [figure.cells[0], figure.cells[3]].map((cell) => cell?.mean ?? 0);
  const scale = (Math.abs(own[0]!) + Math.abs(own[1]!)) / 2;
  return scale === 0 ? [] : [
    { label: `${figure.label}: events`, effect: figure.events, scale }, { label: `${figure.label}: state`, effect: figure.state, scale },
    { label: `${figure.label}: interaction`, effect: figure.interaction, scale },
  ].filter((one) => one.effect.mean !== undefined && one.effect.state !== 'none');
}

function crossEffects(data: CrossJson, drawings: Drawings, stamp: string): Rendered {
  const voided = data.price_gates.state !== 'met';
  const bars = data.figures.flatMap((figure) => crossBars(figure).map((one) => ({ ...one, grey: voided && figure.price })));
  return {
    lead: `What the events, or the state, of ${data.days[1]} do in place of those of ${data.days[0]}: mean over seeds with its 90 % interval, half of it in each row or column of the four `
      + 'cells. Interaction: what both do together beyond that. Not known: the interval holds 0.',
    body: [
      ...(bars.length === 0 ? [nothing('no figure has an effect')] : [drawings.card('effects', () => [barsPicture({
        title: 'Effects', unit: 'part of the figure’s mean over the two days as they were; whiskers: 90 % interval', name: 'cross-effects', stamp,
        tick: (value) => format.percent(value, 0),
        bars: bars.map(({ label, effect, scale, grey }) => ({
          label, from: 0, to: effect.mean! / scale, low: effect.low! / scale, high: effect.high! / scale, shown: format.percent(effect.mean! / scale, 0),
          colour: grey || !isKnown(effect) ? '--soft' as const : '--price' as const, ...(grey ? { face: 'void' } : isKnown(effect) ? {} : { face: 'not known' }),
        })),
      })])]),
      dataTable({
        name: 'cross-effects', title: 'Effects in the figure’s own unit', stamp, most: data.figures.length,
        columns: [{ title: 'Figure', kind: 'label' }, effectColumn('Events', 'events'), effectColumn('State', 'state'), effectColumn('Interaction', 'interaction'), { title: 'Seeds', kind: 'number' }],
        rows: data.figures.map((figure): Cell[] => [
          figure.label, effectCell(figure.unit, figure.events), effectCell(figure.unit, figure.state), effectCell(figure.unit, figure.interaction),
          number(String(figure.events.n), figure.events.n),
        ]),
      }),
    ],
  };
}

export function crossPage(main: HTMLElement, drawings: Drawings, data: CrossJson, line: string): void {
  const stamp = `${data.days.join(' × ')} · ${data.seeds} seeds from ${data.seed_from} · Margincall ${data.version}`;
  layOut('cross', main, {
    title: 'Trigger or state', about: `The events of ${data.days[0]} and of ${data.days[1]} on the states of both.`, answer: crossAnswer(data), stamp,
  }, {
    effects: () => crossEffects(data, drawings, stamp),
    cells: () => crossCells(data, stamp),
    reproduce: () => ({
      lead: 'Worlds are kept by key: the same command with --resume runs none twice.',
      body: [...command(line), facts([
        ...data.cells.map((cell): [string, string] => [`state ${cell.state}, events ${cell.events}`, cell.scenario_hash]),
        ['worlds', `4 cells of ${worldsText(data)}`],
        ['keys that go with the events', data.events_have.join(', ')],
      ])],
    }),
  }, `Margincall stress lab. ${stamp}`);
}

// --- warn ---

function indicators(data: WarnJson, drawings: Drawings, stamp: string): Rendered {
  const scored = data.indicators.filter((one) => one.auc !== null).sort((a, b) => b.auc! - a.auc!);
  return {
    lead: 'AUC: the chance that a minute before a crash shows more of the warning than another minute; 0.5 is chance. Its 90 % interval is from drawing whole runs. Alarm: five minutes in a '
      + 'row beyond what 5 % of the other minutes pass.',
    body: [
      ...(scored.length === 0 ? [nothing('no crash in the sample: no indicator has a score')] : [drawings.card('auc', () => [barsPicture({
        title: 'AUC', unit: 'chance; the line is that of a coin; whiskers: 90 % interval', name: 'warn-auc', stamp, base: 0.5, tick: (value) => value.toFixed(1),
        bars: scored.map((one) => ({
          label: one.label, from: 0.5, to: one.auc!, shown: one.auc!.toFixed(2), ...(one.auc_low === null ? {} : { low: one.auc_low, high: one.auc_high! }),
          colour: one.auc_low !== null && one.auc_low > 0.5 ? '--gain' as const : '--soft' as const,
        })),
      })])]),
      dataTable({
        name: 'warn-indicators', title: 'Every indicator', stamp, most: data.indicators.length,
        columns: [
          { title: 'Indicator', kind: 'label' }, { title: 'Warns when', kind: 'text' }, { title: 'AUC', kind: 'number', strong: true, csv: ['auc', 'auc_low', 'auc_high'] },
          { title: 'Alarm beyond', kind: 'number' }, { title: 'Crashes announced', kind: 'number', csv: ['announced', 'crashes'] },
          { title: 'Lead, minutes', kind: 'number', csv: ['lead_p50', 'lead_p05', 'lead_p95'] }, { title: 'False alarms a week', kind: 'number' },
        ],
        rows: data.indicators.map((one): Cell[] => [
          one.label, one.warns_when,
          number(one.auc === null ? format.noData : `${one.auc.toFixed(2)}${one.auc_low === null ? '' : ` [${one.auc_low.toFixed(2)} … ${one.auc_high!.toFixed(2)}]`}`,
            [one.auc, one.auc_low, one.auc_high]),
          number(one.threshold === null ? format.noData : `${one.threshold.toPrecision(3)} ${one.unit}`, one.threshold),
          number(`${one.announced} of ${one.crashes}`, [one.announced, one.crashes]),
          number(one.lead_minutes.p50 === null ? format.noData : `${one.lead_minutes.p50.toFixed(0)} [${one.lead_minutes.p05?.toFixed(0) ?? ''} … ${one.lead_minutes.p95?.toFixed(0) ?? ''}]`,
            [one.lead_minutes.p50, one.lead_minutes.p05, one.lead_minutes.p95]),
          number(one.false_alarms_a_week === null ? format.noData : one.false_alarms_a_week.toFixed(1), one.false_alarms_a_week),
        ]),
      }),
    ],
  };
}

export function warnPage(main: HTMLElement, drawings: Drawings, data: WarnJson, line: string): void {
  const stamp = `${data.scenario} ${data.scenario_hash} · Margincall ${data.version}`;
  layOut('warn', main, { title: 'Early warning', about: data.title, answer: warnAnswer(data), stamp }, {
    indicators: () => indicators(data, drawings, stamp),
    reproduce: () => ({
      body: [...command(line), facts([
        ['runs', `${data.runs} from seed ${data.seed_from}, ${drawnText(data.drawn)}, core ${data.core}`],
        ['minutes', `${data.minutes}, of which ${data.positive_minutes} within two hours before a crash and ${data.negative_minutes} not`],
        ['falls', `${data.falls}, of which ${data.crashes} were forced: a crash`],
      ])],
    }),
  }, `Margincall stress lab. ${stamp}`);
}

// --- externality ---

function groups(data: ExternalityJson, drawings: Drawings, stamp: string): Rendered {
  const lead = data.figures[0]!;
  const shown = data.groups.filter((group) => group.effects[0]!.per_dollar.mean !== undefined);
  return {
    lead: `A part of each group (${format.percent(data.step, 0)} of its open interest) was taken out, on common seeds. Add-on: what a million dollars of the part add (${lead.label}); `
      + 'mean of the seeds’ differences with its 90 % interval. Contribution: the add-on times the group’s open interest, to first order. Not known: the interval holds 0.',
    body: [
      ...(shown.length === 0 ? [nothing('no group has an effect')] : [drawings.card('groups', () => [barsPicture({
        title: 'Added by a million dollars of open interest', unit: `USD, ${lead.label}; whiskers: 90 % interval`, name: 'externality-groups', stamp, base: 0,
        tick: (value) => format.money(value),
        bars: shown.map((group) => {
          const effect = perMillion(group.effects[0]!.per_dollar);
          return {
            label: `${group.by}: ${group.name}`, from: 0, to: effect.mean!, low: effect.low!, high: effect.high!, shown: format.money(effect.mean!),
            colour: !isKnown(effect) ? '--soft' as const : effect.mean! > 0 ? '--loss' as const : '--gain' as const, ...(isKnown(effect) ? {} : { face: 'not known' }),
          };
        }),
      })])]),
      ...data.figures.map((figure, f) => dataTable({
        name: `externality-${figure.name}`, title: figure.label, stamp, most: data.groups.length,
        note: figure.with_everybody === null ? '' : `With everybody there: ${valueText('USD', figure.with_everybody.mean)}, in 5 to 95 % of the seeds `
          + `${bandText('USD', figure.with_everybody.p05, figure.with_everybody.p95)}.`,
        columns: [
          { title: 'By', kind: 'text' }, { title: 'Group', kind: 'label' }, { title: 'Open interest', kind: 'number' }, effectColumn('For a million dollars', 'per_million'),
          effectColumn('Contribution', 'contribution'), { title: 'Seeds', kind: 'number' },
        ],
        rows: data.groups.map((group): Cell[] => {
          const effect = group.effects[f]!;
          return [
            group.by, group.name, number(valueText('USD', group.open_interest_usd?.mean), group.open_interest_usd?.mean ?? null), effectCell('USD', perMillion(effect.per_dollar)),
            effectCell('USD', effect.contribution_usd), number(String(effect.per_dollar.n), effect.per_dollar.n),
          ];
        }),
      })),
    ],
  };
}

export function externalityPage(main: HTMLElement, drawings: Drawings, data: ExternalityJson, line: string): void {
  const stamp = `${data.scenario} ${data.scenario_hash} · Margincall ${data.version}`;
  layOut('externality', main, { title: 'The price of an externality', about: data.title, answer: externalityAnswer(data), stamp }, {
    groups: () => groups(data, drawings, stamp),
    reproduce: () => ({
      lead: 'Worlds are kept by key: the same command with --resume runs none twice.',
      body: [...command(line), facts([
        ['worlds', worldsText(data)],
        ...data.groups.map((group): [string, string] => [`${group.by}: ${group.name}`, group.set.join(' ')]),
      ])],
    }),
  }, `Margincall stress lab. ${stamp}`);
}
