// The page of `margincall attribute`: which cause contributed how much.
import { barsPicture, tornado } from '../chart/bars';
import { assumedColour, causeBars, voidColour, type Mode } from '../chart/cause_bars';
import { heatMap } from '../chart/heat_map';
import {
  attributionAnswer, bandText, familiesOf, faceOf, isVoid, labelOf, shareText, signedText, valueText, type AttributionJson, type Outcome, type Share,
  type Spread,
} from '../model/causes';
import * as format from '../model/format';
import { chip, choice, element, legendKey, nothing, type Child } from './dom';
import type { Drawings } from './drawings';
import { lossesLead, lossesTable } from './losses';
import { layOut, type Rendered } from './page';
import type { Picture } from './picture';
import { command, facts } from './sections';
import { dataTable, number, type Cell } from './table';

export function attributionStamp(data: AttributionJson): string {
  return `${data.scenario} · scenario ${data.scenario_hash} · core ${data.core} · ${data.seeds} seeds from ${data.seed_from} · Margincall ${data.version}`;
}

export function axisTick(unit: string): (value: number, step: number) => string {
  return unit === 'USD' ? format.moneyTick : unit === 'fraction' ? (value) => format.percent(value, 1) : (value) => format.count(value);
}

// Two rows of buttons: which figure, and at what time.
export function outcomeSwitch(outcomes: Outcome[], show: (outcome: Outcome) => void): HTMLElement[] {
  const families = familiesOf(outcomes);
  const times = element('span', {});
  const pick = (index: number): void => {
    const members = families[index]!.outcomes;
    times.replaceChildren(...(members.length < 2 ? [] : [choice(members.map((one) => one.when), 0, (k) => show(members[k]!), 'When')]));
    show(members[0]!);
  };
  const row = choice(families.map((family) => family.label), 0, pick, 'Outcome');
  queueMicrotask(() => pick(0));
  return [row, times];
}

function titleOf(outcome: Outcome): string {
  return `${outcome.label}, ${outcome.when}`;
}

export function whyPicture(data: AttributionJson, outcome: Outcome, mode: Mode, stamp: string): Picture {
  const voided = isVoid(outcome);
  const unit = outcome.unit === 'fraction' ? 'per cent' : outcome.unit;
  return barsPicture({
    title: titleOf(outcome),
    unit: `${unit}; ${mode === 'averaged' ? 'from none in to all in, order-averaged' : 'what is missing when each is taken out alone'}; whiskers: 5 to 95 %`,
    name: `causes-${outcome.name}-${mode}`,
    stamp,
    bars: causeBars(data, outcome, mode),
    tick: axisTick(outcome.unit),
    legend: [
      legendKey('var(--loss)', 'area', 'makes it worse'), legendKey('var(--gain)', 'area', 'makes it better'),
      legendKey(`var(${assumedColour})`, 'area', 'of it, on assumed sizes'), legendKey(`var(${voidColour})`, 'area', 'void or not identified'),
    ],
    note: `${outcome.seeds} seeds.${outcome.seeds_without_effect > 0 ? ` On ${outcome.seeds_without_effect} of them all causes together do nothing or the reverse.` : ''}`
      + `${outcome.opposed ? ' Causes work against each other: a part in per cent of the whole says nothing.' : ''}`
      + `${voided ? ` Void: ${data.price_gates.reason}.` : ''}`,
  });
}

function why(data: AttributionJson, drawings: Drawings, stamp: string): Rendered {
  const host = element('div', { class: 'card' });
  let chosen: Outcome | null = null;
  let mode: Mode = 'averaged';
  const draw = (): void => {
    if (chosen !== null) {
      drawings.show('why', host, [whyPicture(data, chosen, mode, stamp)]);
    }
  };
  return {
    lead: 'Each bar begins where the one above it ends. Order-averaged: what a cause adds, averaged over all orders in which the causes can come '
      + 'together; the bars add up to the whole. Taken out alone: the whole less the world without that cause; these do not add up.',
    body: [
      element('div', { class: 'toolbar' },
        ...outcomeSwitch(data.outcomes, (outcome) => { chosen = outcome; draw(); }),
        choice(['order-averaged', 'taken out alone'], 0, (k) => { mode = k === 0 ? 'averaged' : 'alone'; draw(); }, 'How')),
      host,
    ],
  };
}

function pairsPicture(data: AttributionJson, outcome: Outcome, stamp: string): Picture {
  const names = outcome.shares.map((share) => share.player);
  const value = (r: number, c: number): number | null => outcome.interactions.find(
    (pair) => (pair.a === names[r] && pair.b === names[c]) || (pair.a === names[c] && pair.b === names[r]))?.mean ?? null;
  const voided = isVoid(outcome);
  return heatMap({
    title: titleOf(outcome),
    unit: `${outcome.unit === 'fraction' ? 'per cent' : outcome.unit}; mean over seeds${voided ? '; void' : ''}`,
    name: `pairs-${outcome.name}`,
    stamp,
    columnTitle: 'with',
    columns: names,
    rowTitle: 'cause',
    rows: names.map((name) => labelOf(data, name)),
    shortRows: names,
    values: names.map((_row, r) => names.map((_column, c) => (r === c ? null : value(r, c)))),
    format: (shown) => signedText(outcome.unit, shown),
    // A fall is the worse the more it is below 0.
    poles: outcome.price ? ['--loss', '--gain'] : ['--gain', '--loss'],
    blank: (r, c) => r === c,
    grey: () => voided,
  });
}

function pairs(data: AttributionJson, drawings: Drawings, stamp: string): Rendered {
  const host = element('div', { class: 'card' });
  return {
    lead: 'What two causes do together beyond what each adds, from the same worlds: red-orange where they make it worse together, blue where they '
      + 'do the same work twice or against each other; grey where shares are void.',
    body: [
      element('div', { class: 'toolbar' },
        ...outcomeSwitch(data.outcomes, (outcome) => drawings.show('pairs', host, [pairsPicture(data, outcome, stamp)]))),
      host,
    ],
  };
}

function stateCell(data: AttributionJson, outcome: Outcome, share: Share): Cell {
  const node = chip(share.state === 'identified' ? 'kept' : 'unknown', share.state);
  node.title = faceOf(outcome, share, data.price_gates);
  return { shown: node, text: share.state };
}

function spreadCells(unit: string, spread: Spread | null): Cell[] {
  return [
    number(signedText(unit, spread?.mean), spread?.mean ?? null),
    number(spread === null || spread.n < 2 ? format.noData : bandText(unit, spread.p05, spread.p95), [spread?.p05 ?? null, spread?.p95 ?? null]),
  ];
}

function shareCells(data: AttributionJson, outcome: Outcome, share: Share): Cell[] {
  const part = share.share === null || outcome.opposed ? format.noData : shareText(share.share);
  return [
    labelOf(data, share.player),
    ...spreadCells(outcome.unit, share.shapley),
    number(share.state === 'void' ? element('span', { class: 'quiet' }, part) : part,
      outcome.opposed ? [null, null, null] : [share.share?.p50 ?? null, share.share?.p05 ?? null, share.share?.p95 ?? null]),
    stateCell(data, outcome, share),
    ...spreadCells(outcome.unit, share.removed),
    share.removal_disagrees ? 'disagrees' : '',
    number(share.assumed_part > 0 ? format.percent(share.assumed_part, 0) : '', share.assumed_part),
    number(share.paired_correlation === null ? format.noData : share.paired_correlation.toFixed(2), share.paired_correlation),
  ];
}

function shares(data: AttributionJson, stamp: string): Rendered {
  const host = element('div', {});
  const show = (outcome: Outcome): void => host.replaceChildren(dataTable({
    name: `shares-${outcome.name}`,
    title: titleOf(outcome),
    note: `${valueText(outcome.unit, outcome.all_in?.mean)} with all, ${valueText(outcome.unit, outcome.none_in?.mean)} with none of them.`
      + `${isVoid(outcome) ? ` Void: ${data.price_gates.reason}.` : ''}`,
    stamp,
    columns: [
      { title: 'Cause', kind: 'label' }, { title: 'Adds', kind: 'number', strong: true, csv: ['adds_mean'] },
      { title: '5 … 95 %', kind: 'number', csv: ['adds_p05', 'adds_p95'] },
      { title: 'Of the whole', kind: 'number', csv: ['share_p50', 'share_p05', 'share_p95'] }, { title: 'State', kind: 'text' },
      { title: 'Taken out alone', kind: 'number', csv: ['removed_mean'] }, { title: '5 … 95 %', kind: 'number', csv: ['removed_p05', 'removed_p95'] },
      { title: 'The two', kind: 'text', quiet: true }, { title: 'On assumed sizes', kind: 'number' },
      { title: 'Paired worlds', kind: 'number', csv: ['paired_correlation'] },
    ],
    rows: outcome.shares.map((share) => shareCells(data, outcome, share)),
  }));
  return {
    lead: 'Adds: order-averaged, mean over seeds. Of the whole: median and 5 to 95 % of its part in what all causes do together. Not identified: the '
      + '90 % interval of a further world covers both 10 and 40 %, or there is one seed. The two: taken out alone and order-averaged differ in sign, or by over a quarter of the whole. Paired '
      + 'worlds: correlation of worlds with all and without this one on the same seeds; at 0 the common seeds are worth nothing.',
    body: [element('div', { class: 'toolbar' }, ...outcomeSwitch(data.outcomes, show)), host],
  };
}

export function levelRows(data: AttributionJson): Cell[][] {
  const cell = (unit: string, spread: Spread | null): Cell => number(
    spread === null ? format.noData : spread.n < 2 ? valueText(unit, spread.p50) : `${valueText(unit, spread.p50)} [${bandText(unit, spread.p05, spread.p95)}]`,
    [spread?.p50 ?? null, spread?.p05 ?? null, spread?.p95 ?? null]);
  return data.levels.map((level) => [
    level.unit === 'coins' ? `${level.label}, coins` : level.label, cell(level.unit, level.start), cell(level.unit, level.minimum), cell(level.unit, level.end),
  ]);
}

export function levelsTable(data: AttributionJson, stamp: string): HTMLElement {
  const csv = (name: string): string[] => [`${name}_p50`, `${name}_p05`, `${name}_p95`];
  return dataTable({
    name: 'levels', title: 'Actual, minimum, end', quietTitle: true, stamp,
    columns: [
      { title: 'Level', kind: 'label' }, { title: 'Actual', kind: 'number', csv: csv('actual') },
      { title: 'Minimum', kind: 'number', strong: true, csv: csv('minimum') }, { title: 'End', kind: 'number', csv: csv('end') },
    ],
    rows: levelRows(data),
  });
}

function alone(data: AttributionJson, stamp: string): Rendered | null {
  if (data.by_removal_alone.length === 0) {
    return null;
  }
  const of = (name: string): Outcome | undefined => data.outcomes.find((outcome) => outcome.name === name);
  return {
    lead: 'These causes are in no coalition: what is missing when their events alone are out.',
    body: [dataTable({
      name: 'removal', title: 'By removal alone', quietTitle: true, stamp,
      columns: [
        { title: 'Cause', kind: 'id' }, { title: 'Figure', kind: 'text' }, { title: 'Taken out alone', kind: 'number', csv: ['removed_mean'] },
        { title: '5 … 95 %', kind: 'number', csv: ['removed_p05', 'removed_p95'] },
      ],
      rows: data.by_removal_alone.map((row) => {
        const outcome = of(row.outcome);
        const voided = outcome !== undefined && isVoid(outcome);
        return [row.cause, `${outcome?.label ?? row.outcome}, ${outcome?.when ?? ''}${voided ? ' (void)' : ''}`, ...spreadCells(outcome?.unit ?? '', row.removed)];
      }),
    })],
  };
}

function players(data: AttributionJson, stamp: string): Rendered {
  return {
    lead: `${data.off_after_s > 0 ? `Mechanisms are taken out from ${format.duration(data.off_after_s)} after the start, events from the start. ` : ''}`
      + 'An event that is out keeps its row, at scale 0, so that nobody else’s random numbers change.',
    body: [dataTable({
      name: 'players', title: 'What out means', quietTitle: true, stamp,
      columns: [{ title: 'Cause', kind: 'label' }, { title: 'Out', kind: 'prose' }, { title: 'Events of assumed size', kind: 'prose' }],
      rows: data.players.map((player) => [player.label, player.off, player.assumed_events.join(', ')]),
    })],
  };
}

function drawnPicture(data: AttributionJson, outcome: Outcome, stamp: string): Picture | null {
  const found = data.sensitivities.find((one) => one.outcome === outcome.name);
  const rows = (found?.drawn ?? []).flatMap((one) => (one.low_third === null || one.high_third === null ? []
    : [{ label: one.key, low: one.low_third, high: one.high_third, clear: one.clear, correlation: one.rank_correlation }]));
  if (found === undefined || rows.length === 0) {
    return null;
  }
  const bars = tornado(found.median, rows, (value) => valueText(outcome.unit, value));
  const of = (label: string): string => {
    const row = rows.find((one) => one.label === label);
    return row === undefined ? '' : `rank correlation ${row.correlation?.toFixed(2) ?? format.noData}, ${row.clear ? 'clear' : 'not clear'}`;
  };
  return barsPicture({
    title: `What ${outcome.label} goes with, ${outcome.when}`,
    unit: `${outcome.unit === 'fraction' ? 'per cent' : outcome.unit}; median of the worlds with the lowest and the highest third of each drawn value`,
    name: `tornado-${outcome.name}`,
    stamp,
    base: found.median,
    bars: bars.map((bar) => (bar.label === '' ? { ...bar, part: 'highest third' } : { ...bar, face: of(bar.label) })),
    tick: axisTick(outcome.unit),
    legend: [legendKey('var(--gain)', 'area', 'lowest third'), legendKey('var(--loss)', 'area', 'highest third')],
    note: `${found.drawn[0]?.worlds ?? 0} worlds with everything in.${isVoid(outcome) ? ` Void: ${data.price_gates.reason}.` : ''}`,
  });
}

// A tornado over the draws, beside the ranges that they are from.
function drawnSwitch(data: AttributionJson, drawings: Drawings, stamp: string): Child[] {
  const told = data.outcomes.filter((outcome) => drawnPicture(data, outcome, stamp) !== null);
  if (told.length === 0) {
    return [nothing('fewer than six worlds: what a figure goes with is not said')];
  }
  const host = element('div', { class: 'card' });
  const show = (outcome: Outcome): void => {
    const picture = drawnPicture(data, outcome, stamp);
    drawings.show('drawn', host, picture === null ? [] : [picture]);
  };
  return [element('div', { class: 'toolbar' }, ...outcomeSwitch(told, show)), host];
}

function drawn(data: AttributionJson, drawings: Drawings, stamp: string): Rendered {
  return data.drawn.length === 0 ? { body: [nothing('nothing was drawn: every seed has the scenario’s own values, and intervals hold the seeds alone')] } : {
    lead: 'What is not known: seed k has a draw k from these ranges, the same in all its coalitions, so that intervals hold both. Bars: median of the figure in the '
      + 'worlds with the lowest and with the highest third of a drawn value; all other values and the seed differ as well, so it is a correlation and no experiment. Clear: ten '
      + 'worlds or more, and a rank correlation (Spearman) that chance alone gives less than once in twenty over all ranges together.',
    body: [...drawnSwitch(data, drawings, stamp), dataTable({
      name: 'drawn', title: 'Drawn ranges', quietTitle: true, stamp, most: data.drawn.length,
      columns: [
        { title: 'Key', kind: 'id' }, { title: 'From', kind: 'text' }, { title: 'To', kind: 'text' }, { title: 'Source', kind: 'prose' },
      ],
      rows: data.drawn.map((row) => [row.key, row.low, row.high, row.source]),
    })],
  };
}

export function attributionPage(main: HTMLElement, drawings: Drawings, data: AttributionJson, line: string): void {
  const stamp = attributionStamp(data);
  const gates = data.price_gates;
  layOut('attribution', main, {
    title: `Causes: ${data.title}`,
    about: 'Every coalition of causes on the same seeds; what each contributed. It never says what the price will be.',
    answer: attributionAnswer(data),
    verdicts: [{
      tone: gates.state === 'met' ? 'kept' : 'unknown',
      word: gates.state === 'met' ? 'gates met' : 'void',
      text: gates.state === 'met' ? 'shares of a price may be stated' : `shares of a price are void: ${gates.reason}${
        (gates.missed ?? []).length > 0 ? ` (${gates.missed!.join(', ')})` : ''}`,
    }],
    warnings: data.incomplete_seeds.length === 0 ? []
      : [`Left out, because a world of theirs is not there: seeds ${data.incomplete_seeds.join(', ')}.`],
    stamp,
  }, {
    why: () => why(data, drawings, stamp),
    pairs: () => pairs(data, drawings, stamp),
    shares: () => shares(data, stamp),
    levels: () => (data.levels.length === 0 ? null : {
      lead: 'With everything in: median and 5 to 95 % over seeds, on the coarse curves that are kept of each world, over the whole run.',
      body: [levelsTable(data, stamp)],
    }),
    alone: () => alone(data, stamp),
    players: () => players(data, stamp),
    losses: () => (data.losses.length === 0 ? null : {
      lead: `With everything in. ${lossesLead}`,
      body: [lossesTable(data.losses, stamp)],
    }),
    drawn: () => drawn(data, drawings, stamp),
    reproduce: () => ({
      lead: 'Worlds are kept by key: the same command with --resume runs none twice.',
      body: [...command(line), facts([
        ['coalitions', format.count(data.coalitions)], ['seeds', `${data.seeds} from ${data.seed_from}`], ['worlds', format.count(data.worlds)],
        ['core hours', data.core_hours.toFixed(2)], ['seeds left out', data.incomplete_seeds.length === 0 ? 'none' : data.incomplete_seeds.join(', ')],
        ['scenario', `${data.scenario} ${data.scenario_hash}`], ['core', data.core], ['program', data.version],
      ])],
    }),
  }, `Margincall stress lab. ${stamp}`);
}
