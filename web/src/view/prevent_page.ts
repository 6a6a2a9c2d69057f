// The page of `margincall prevent`: the least change of the rules that keeps the limits, and everything that was tried.
import { barsPicture } from '../chart/bars';
import * as format from '../model/format';
import { byShare, intervalText, keptText, type Kept, type KeptShare, type PreventJson } from '../model/prevent';
import { chip, element, nothing, type Tone } from './dom';
import type { Drawings } from './drawings';
import { layOut, type Rendered, type Verdict } from './page';
import { command, facts } from './sections';
import { dataTable, number, type Cell, type Column } from './table';

const freshTones = { confirmed: 'kept', 'kept, not certain': 'close', 'fails on fresh seeds': 'broken' } as const;
const barsShown = 14;

function toneOf(share: number, kept: KeptShare): Tone {
  return kept.low >= share ? 'kept' : (kept.share ?? 0) >= share ? 'close' : 'broken';
}

function keptCells(kept: KeptShare | undefined): Cell[] {
  return [
    number(keptText(kept), [kept?.kept ?? null, kept?.worlds ?? null, kept?.share ?? null]),
    number(intervalText(kept), [kept?.low ?? null, kept?.high ?? null]),
  ];
}

function keptColumns(title: string): Column[] {
  return [
    { title, kind: 'number', strong: true, csv: ['kept', 'worlds', 'share'] },
    { title: '90 % interval', kind: 'number', csv: ['low', 'high'] },
  ];
}

// Today's rules and each limit by itself, on the seeds of the search.
function limits(data: PreventJson, stamp: string): Rendered {
  return {
    lead: `A world keeps a limit or not. A world that does not know the figure, or did not end, does not. Wanted: every limit in ${format.percent(data.share, 0)} of worlds.`,
    body: [dataTable({
      name: 'prevent-limits', title: 'Limits under today’s rules', stamp, most: data.limits.length + 1,
      columns: [{ title: 'Limit', kind: 'id' }, { title: 'Figure', kind: 'label' }, ...keptColumns('Worlds that keep it'), { title: '', kind: 'text', csv: ['verdict'] }],
      rows: [...data.limits.map((limit, k): Cell[] => {
        const kept = data.today.search.limits[k];
        const voided = limit.price && data.price_gates.state !== 'met';
        return [
          limit.name === '' ? limit.text : `${limit.name}: ${limit.text}`, limit.label, ...keptCells(kept),
          kept === undefined ? '' : chipCell(voided ? 'unknown' : toneOf(data.share, kept), voided ? 'void' : (kept.share ?? 0) >= data.share ? 'kept' : 'broken'),
        ];
      }), ['all', 'every limit in one world', ...keptCells(data.today.search.all),
        chipCell(toneOf(data.share, data.today.search.all), (data.today.search.all.share ?? 0) >= data.share ? 'kept' : 'broken')]],
    })],
  };
}

function chipCell(tone: Tone, word: string): Cell {
  return { shown: chip(tone, word), text: word };
}

function fresh(data: PreventJson, stamp: string): Rendered | null {
  if (data.fresh.length === 0) {
    return null;
  }
  const row = (label: string, size: number | null, search: Kept, other: Kept | null, word: Cell): Cell[] => [
    label, number(size === null ? '' : size.toFixed(1), size), ...keptCells(search.all), ...keptCells(other?.all), word,
  ];
  return {
    lead: `Whatever is chosen by its seeds looks better on them than it is. So the cheapest settings that hold were run on ${data.fresh_seeds} seeds from ${data.fresh_from}, `
      + 'which the search did not see. Confirmed: the lower end of the interval there is what was wanted, or more. Not certain: the share is, its lower end is not.',
    body: [dataTable({
      name: 'prevent-fresh', title: 'Cheapest first', stamp, most: data.fresh.length + 1,
      columns: [
        { title: 'Setting', kind: 'label' }, { title: 'Doublings', kind: 'number', csv: ['size'] },
        { title: 'Search', kind: 'number', csv: ['search_kept', 'search_worlds', 'search_share'] }, { title: '90 %', kind: 'number', csv: ['search_low', 'search_high'] },
        { title: 'Fresh seeds', kind: 'number', strong: true, csv: ['fresh_kept', 'fresh_worlds', 'fresh_share'] }, { title: '90 %', kind: 'number', csv: ['fresh_low', 'fresh_high'] },
        { title: '', kind: 'text', csv: ['word'] },
      ],
      rows: [
        ...data.fresh.map((trial) => {
          const tried = data.tried[trial.row]!;
          return row(tried.label, tried.size, tried.kept, trial.kept, chipCell(freshTones[trial.word], trial.word));
        }),
        row('Today’s rules', null, data.today.search, data.today.fresh, ''),
      ],
    })],
  };
}

function tried(data: PreventJson, drawings: Drawings, stamp: string): Rendered {
  if (data.tried.length === 0) {
    return { body: [nothing('today’s rules keep the limits: nothing else was tried')] };
  }
  const shown = byShare(data.tried, barsShown);
  const picture = barsPicture({
    title: 'Worlds that keep every limit', unit: 'share of the worlds of the search; whiskers: 90 % interval; the line: what was wanted', name: 'prevent-tried', stamp,
    base: data.share,
    tick: (value) => format.percent(value, 0),
    bars: [{ label: 'Today’s rules', kept: data.today.search.all, holds: false, today: true },
      ...shown.map((one) => ({ label: one.label, kept: one.kept.all, holds: one.holds, today: false }))].map((one) => ({
      label: one.label, from: 0, to: one.kept.share ?? 0, low: one.kept.low, high: one.kept.high, shown: `${one.kept.kept} of ${one.kept.worlds}`,
      colour: one.today ? '--event' as const : one.holds ? '--gain' as const : '--loss' as const,
    })),
    ...(data.tried.length > barsShown ? { note: `The ${barsShown} of ${data.tried.length} settings that keep them most often; the table has all.` } : {}),
  });
  const limitColumns = data.limits.map((limit): Column => ({ title: limit.name === '' ? limit.metric : limit.name, kind: 'number', csv: [`${limit.metric}_kept`] }));
  return {
    lead: 'In the order in which it was tried: every lever alone at its furthest, then the scale of each that holds there halved down, taking it that what holds holds further on; '
      + 'where nothing alone holds, pairs of the named groups. A doubling is a factor of two of what the scenario has; a policy without scale counts as one.',
    body: [
      drawings.card('tried', () => [picture]),
      dataTable({
        name: 'prevent-tried', title: 'Everything that was tried', stamp, most: 30,
        columns: [
          { title: 'Setting', kind: 'label' }, { title: 'Levers', kind: 'number' }, { title: 'Doublings', kind: 'number' }, ...limitColumns, ...keptColumns('All limits'),
          { title: 'Cost on quiet days', kind: 'number', csv: ['quiet_cost'] }, { title: '', kind: 'text', csv: ['holds'] },
        ],
        rows: data.tried.map((one): Cell[] => [
          one.label, number(String(one.levers), one.levers), number(one.size.toFixed(1), one.size),
          ...one.kept.limits.map((kept) => number(`${kept.kept}`, kept.kept)), ...keptCells(one.kept.all),
          number(one.quiet_cost === null ? format.noData : format.percent(one.quiet_cost, 2), one.quiet_cost),
          chipCell(one.holds ? 'kept' : 'broken', one.holds ? 'holds' : 'does not'),
        ]),
      }),
      ...(data.left_out.length === 0 ? [] : [dataTable({
        name: 'prevent-left-out', title: 'Not tried', stamp,
        columns: [{ title: 'Knob or policy', kind: 'id' }, { title: 'Why', kind: 'prose' }],
        rows: data.left_out.map((one) => [one.name, one.why]),
      })]),
    ],
  };
}

function changed(data: PreventJson): Rendered | null {
  const rows = data.fresh.length > 0 ? data.fresh.map((trial) => trial.row) : data.order;
  return rows.length === 0 ? null : {
    lead: 'Keys that the setting sets, and the lines of the resolved scenario that differ with it; nothing else does.',
    body: rows.map((row) => {
      const one = data.tried[row]!;
      return element('details', { class: 'group' },
        element('summary', {}, one.label, ' ', element('code', {}, one.name)),
        facts(Object.entries(one.set)),
        element('pre', {}, one.changed.join('\n') || 'none'));
    }),
  };
}

function levers(data: PreventJson, stamp: string): Rendered {
  return {
    lead: data.tried_pairs ? `Nothing alone was enough, so pairs of these groups were tried: ${data.pairs.join(', ') || 'none'}.` : 'No pairs were tried: something alone was enough.',
    body: [dataTable({
      name: 'prevent-levers', title: 'What could be changed', quietTitle: true, stamp, most: data.levers.length,
      columns: [
        { title: 'Name', kind: 'id' }, { title: 'Group', kind: 'text' }, { title: 'Scale', kind: 'text' }, { title: 'What it does', kind: 'prose' }, { title: 'Assumes', kind: 'prose' },
      ],
      rows: data.levers.map((lever) => [
        lever.name, lever.group, lever.today === null ? 'none' : `${lever.today} … ${lever.most!}`, lever.about === '' ? lever.label : lever.about, lever.assumes,
      ]),
    })],
  };
}

function verdictOf(data: PreventJson): Verdict[] {
  const last = data.fresh[data.fresh.length - 1];
  const tone: Tone = last === undefined ? (data.tried.length === 0 ? 'kept' : 'broken') : freshTones[last.word];
  const gates = data.price_gates;
  return [
    { tone, word: last === undefined ? data.end : last.word, text: data.limits.map((limit) => limit.text).join('; ') },
    ...(gates.state !== 'met' && data.limits.some((limit) => limit.price)
      ? [{ tone: 'unknown' as const, word: 'void', text: `what is said of limits on prices: ${gates.reason}` }] : []),
  ];
}

export function preventPage(main: HTMLElement, drawings: Drawings, data: PreventJson, line: string): void {
  const stamp = `${data.scenario} ${data.scenario_hash} · Margincall ${data.version}`;
  layOut('prevent', main, {
    title: 'What would keep the limits',
    about: data.title,
    answer: data.answer,
    verdicts: verdictOf(data),
    stamp,
  }, {
    limits: () => limits(data, stamp),
    fresh: () => fresh(data, stamp),
    tried: () => tried(data, drawings, stamp),
    changed: () => changed(data),
    levers: () => levers(data, stamp),
    reproduce: () => ({
      lead: 'Worlds are kept by key: the same command with --resume runs none twice.',
      body: [...command(line), facts([
        [data.scenario, `${data.scenario_hash}, core ${data.core}, search: ${data.seeds} seeds from ${data.seed_from}, fresh: ${data.fresh_seeds} from ${data.fresh_from}, `
          + `${data.core_hours.toFixed(2)} core hours`],
        ['quiet days', data.quiet_days.length === 0 ? 'none: what it costs when nothing happens is not known' : data.quiet_days.join('; ')],
      ])],
    }),
  }, `Margincall stress lab. ${stamp}`);
}
