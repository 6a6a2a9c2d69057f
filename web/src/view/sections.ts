// The parts of the report that are text and tables.
import * as format from '../model/format';
import type { MetricRow, RunJson } from '../model/run';
import { limitVerdicts } from './limits';
import { button, chip, choice, element, type Child } from './dom';
import type { Head, Rendered } from './page';
import { dataTable, number, type Cell, type Column } from './table';

const headlineMetrics = [
  'btc_low', 'btc_fall_open_to_low', 'btc_worst_hour', 'btc_rebound_1h', 'eth_low', 'eth_fall_open_to_low',
  'liquidated_reported_usd', 'liquidated_true_usd', 'long_share_reported', 'accounts_reported',
  'depth_1pct_min_share', 'depth_4pct_min_share', 'funding_btc_min', 'oi_btc_change', 'oi_eth_change',
  'fund_min_usd', 'adl_usd', 'sentiment_last',
  'defi_liquidated_usd', 'defi_liquidated_share', 'defi_bad_debt_usd', 'usde_low_min', 'usde_gap_max', 'incident_loss_usd',
];

function verdict(row: MetricRow): Cell {
  if (row.measured_value === null) {
    return '';
  }
  return row.inside === null ? { shown: chip('unknown', 'unknown'), text: 'unknown' }
    : row.inside ? { shown: chip('kept', 'yes'), text: 'yes' } : { shown: chip('broken', 'no'), text: 'no' };
}

export function head(run: RunJson): Head {
  return {
    title: run.run.title,
    about: run.run.about,
    answer: run.headline,
    verdicts: limitVerdicts(run.limits ?? []),
    warnings: run.run.interrupted
      ? [`This run was interrupted at ${format.moment(run.run.start_unix_s + run.run.end_s)} UTC. Figures cover only what was simulated.`] : [],
    stamp: stampText(run),
  };
}

export function stampText(run: RunJson): string {
  const id = run.run.id === '' ? '' : `run ${run.run.id} · `;
  return `${id}seed ${run.run.seed} · scenario ${run.run.hash} · digest ${run.run.digest}`;
}

const simulated = (row: MetricRow): Cell => number(row.simulated, row.simulated_value);
const measured = (row: MetricRow): Cell => number(row.measured, row.measured_value);

export function headlineTable(run: RunJson): Rendered {
  const rows = headlineMetrics
    .map((name) => run.metrics.find((row) => row.metric === name))
    .filter((row): row is MetricRow => row !== undefined);
  const banded = rows.some((row) => row.band !== '');
  const observed = rows.some((row) => row.measured_value !== null);
  const quoted = rows.some((row) => row.article !== '');
  const columns: Column[] = [
    { title: 'Figure', kind: 'label' },
    { title: banded ? 'Simulated, median' : 'Simulated', kind: 'number', strong: true },
    ...(banded ? [{ title: '5 … 95 %', kind: 'number', quiet: true, csv: ['low_5_percent', 'high_95_percent'] } as Column] : []),
    ...(observed ? [{ title: 'Measured', kind: 'number' }, { title: 'In tolerance', kind: 'text' }] as Column[] : []),
    ...(quoted ? [{ title: 'The article said', kind: 'text', quiet: true } as Column] : []),
  ];
  return {
    lead: [
      banded ? 'Median over the paths, and where nine of ten of them lie.' : 'Of the day of the headline figures.',
      observed ? 'Measured figures are used by no mechanism of the model.' : 'Nothing was measured to compare them with.',
    ].join(' '),
    body: [dataTable({
      name: 'headline',
      title: 'Headline figures',
      quietTitle: true,
      stamp: stampText(run),
      most: rows.length,
      columns,
      rows: rows.map((row) => [
        row.label,
        simulated(row),
        ...(banded ? [number(row.band, [row.band_low_value, row.band_high_value])] : []),
        ...(observed ? [measured(row), verdict(row)] : []),
        ...(quoted ? [row.article] : []),
      ]),
    })],
  };
}

// Where the simulated value lies against the measured one, in units of the tolerance.
export function gauge(row: MetricRow): Cell {
  const { simulated_value: simulated, measured_value: measured, tolerance_value: tolerance } = row;
  if (simulated === null || measured === null || tolerance === null || tolerance <= 0) {
    return '';
  }
  const reach = 3;
  const off = (simulated - measured) / tolerance;
  const place = (value: number): number => 75 + (Math.min(Math.max(value, -reach), reach) / reach) * 66;
  const name = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(name, 'svg');
  svg.setAttribute('class', 'gauge');
  svg.setAttribute('viewBox', '0 0 150 18');
  svg.setAttribute('role', 'img');
  const words = `${off.toFixed(1)} tolerances from the measured value`;
  svg.setAttribute('aria-label', words);
  const add = (tag: string, attributes: Record<string, string | number>): void => {
    const node = document.createElementNS(name, tag);
    for (const [key, value] of Object.entries(attributes)) {
      node.setAttribute(key, String(value));
    }
    svg.append(node);
  };
  add('line', { x1: 5, x2: 145, y1: 9, y2: 9, stroke: 'var(--line)', 'stroke-width': 1 });
  add('rect', { x: place(-1), y: 4, width: place(1) - place(-1), height: 10, rx: 2, fill: 'var(--gain-soft)', opacity: 0.6 });
  add('line', { x1: 75, x2: 75, y1: 2, y2: 16, stroke: 'var(--soft)', 'stroke-width': 1.2 });
  const inside = Math.abs(off) <= 1;
  const x = place(off);
  if (Math.abs(off) > reach) {
    const tip = off > 0 ? x + 6 : x - 6;
    add('path', { d: `M${tip} 9 L${off > 0 ? tip - 9 : tip + 9} 4.5 v9 z`, fill: 'var(--loss)' });
  } else {
    add('circle', { cx: x, cy: 9, r: 4.2, fill: inside ? 'var(--gain)' : 'var(--loss)' });
  }
  return number(svg, off);
}

export function comparison(run: RunJson): Rendered {
  const compared = run.metrics.filter((row) => row.measured_value !== null);
  const others = run.metrics.filter((row) => row.measured_value === null);
  const stamp = stampText(run);
  const none = compared.length === 0;
  return {
    ...(none ? { title: 'All figures' } : {}),
    lead: none ? 'The scenario compares none of them with anything measured.'
      : 'The band is the tolerance around the measured value, the dot is the run; an arrow is more than three tolerances away. '
        + 'Measured figures are used by no mechanism of the model.',
    body: [
      ...(none ? [] : [dataTable({
        name: 'measured',
        title: 'Figures that were measured',
        quietTitle: true,
        stamp,
        most: compared.length,
        columns: [
          { title: 'Figure', kind: 'label' },
          { title: 'Simulated', kind: 'number', strong: true },
          { title: 'Measured', kind: 'number' },
          { title: 'Tolerance', kind: 'number', quiet: true },
          { title: 'Off by', kind: 'number', csv: ['off_by_tolerances'] },
          { title: 'In tolerance', kind: 'text' },
          { title: 'Source', kind: 'prose' },
        ],
        rows: compared.map((row) => [
          row.label, simulated(row), measured(row), number(row.tolerance, row.tolerance_value), gauge(row), verdict(row),
          [row.source, row.note].filter((text) => text !== '').join('; '),
        ]),
      })]),
      ...(others.length === 0 ? [] : [dataTable({
        name: 'not-measured',
        title: none ? 'Figures of this run' : 'Further figures of this run',
        note: none ? '' : 'Nobody measured them, or the scenario does not compare them.',
        stamp,
        style: 'narrow',
        columns: [
          { title: 'Figure', kind: 'label' }, { title: 'Simulated', kind: 'number', strong: true },
          { title: 'The article said', kind: 'text', quiet: true },
        ],
        rows: others.map((row) => [row.label, simulated(row), row.article]),
      })]),
    ],
  };
}

export function eventList(run: RunJson): HTMLElement {
  if (run.events.length === 0) {
    return element('p', { class: 'note' }, 'The scenario declares no event: everything here came from the agents themselves.');
  }
  const list = element('ol', { class: 'events' });
  run.events.forEach((event, i) => {
    const from = run.run.start_unix_s + event.at_s;
    const until = run.run.start_unix_s + event.until_s;
    const when = until > from
      ? `${format.moment(from)} – ${format.dayMonth(from) === format.dayMonth(until) ? format.clock(until) : format.moment(until)}`
      : format.moment(from);
    list.append(element('li', {},
      element('span', { class: 'badge' }, String(i + 1)),
      element('span', { class: 'when' }, when),
      element('span', {},
        element('span', { class: 'tag' }, event.cause === '' ? event.type : event.cause),
        event.name === '' ? event.type : event.name,
        ' ',
        element('span', { class: 'source' }, [event.type, event.source].filter((text) => text !== '').join(' · ')))));
  });
  return list;
}

// Which way forced closings went, and what auto-deleveraging took from winners, by venue.
export function forcedTables(run: RunJson): Node[] {
  const out: Node[] = [];
  const stamp = stampText(run);
  if (run.forced.length > 0) {
    const columns: Column[] = [
      { title: 'Venue', kind: 'text' }, { title: 'Coin', kind: 'text' }, { title: 'Liquidated', kind: 'number', strong: true },
      { title: 'Met the book', kind: 'number' }, { title: 'Taken over', kind: 'number' }, { title: 'Deleveraged', kind: 'number' },
    ];
    out.push(dataTable({
      name: 'forced',
      title: 'Which way liquidated notional went',
      note: 'Of the day, largest first. What a fund or engine took over and sold again later is counted once.',
      stamp,
      columns,
      rows: run.forced
        .map((row) => ({ row, usd: row.book_usd + row.takeover_usd + row.adl_usd }))
        .sort((a, b) => b.usd - a.usd)
        .map(({ row, usd }) => {
          const share = (part: number): Cell => number(usd > 0 ? format.percent(part / usd) : format.noData, usd > 0 ? part / usd : null);
          return [row.venue, row.coin, number(format.money(usd), usd), share(row.book_usd), share(row.takeover_usd), share(row.adl_usd)];
        }),
    }));
  }
  if (run.adl_venues.length > 0) {
    const amount = (value: number): Cell => number(format.count(value), value);
    out.push(dataTable({
      name: 'adl-venues',
      title: 'Auto-deleveraging by venue',
      note: 'Of the day. A step closes one insolvent position, a fill is one winner closed against it; like accounts are counted each. Public records count fills.',
      stamp,
      style: 'narrow',
      columns: [
        { title: 'Venue', kind: 'text' }, { title: 'Closed', kind: 'number', strong: true }, { title: 'Accounts', kind: 'number' },
        { title: 'Steps', kind: 'number' }, { title: 'Fills', kind: 'number' },
      ],
      rows: run.adl_venues.map((row) =>
        [row.venue, number(format.money(row.usd), row.usd), amount(row.accounts), amount(row.steps), amount(row.fills)]),
    }));
  }
  return out;
}

function counted(n: number, name: string): string {
  return `${format.count(n)} ${name}${n === 1 ? '' : 's'}`;
}

export function adlTable(run: RunJson): HTMLElement {
  const { adl } = run;
  if (adl.steps === 0) {
    return element('p', { class: 'note' }, 'No position was closed by auto-deleveraging in this run.');
  }
  const when = adl.largest_s === undefined ? '' : ` at ${format.moment(run.run.start_unix_s + adl.largest_s)} UTC`;
  const overshoot = adl.needed_usd > 0 ? ` (${(adl.taken_usd / adl.needed_usd).toFixed(2)} times what was needed)` : '';
  const money = (value: number | null): Cell => number(format.money(value), value);
  return dataTable({
    name: 'adl-queue',
    title: `The largest step of auto-deleveraging: ${adl.largest_book ?? ''}${when}`,
    note: `Auto-deleveraging ran in ${counted(adl.steps, 'step')} and closed ${counted(adl.winners, 'winning position')}: `
      + `needed ${format.money(adl.needed_usd)}, taken ${format.money(adl.taken_usd)}${overshoot}. Of the largest step's queue the first ${adl.rows.length === 1 ? 'one' : adl.rows.length}:`,
    stamp: stampText(run),
    columns: [
      { title: 'Rank', kind: 'number' }, { title: 'Account', kind: 'id' }, { title: 'Alike', kind: 'number', quiet: true },
      { title: 'Side', kind: 'text' }, { title: 'Unrealised profit', kind: 'number' }, { title: 'Leverage', kind: 'number' },
      { title: 'Score', kind: 'number' }, { title: 'Closed', kind: 'number', strong: true }, { title: 'At price', kind: 'number' },
      { title: 'Forgone at the end', kind: 'number' },
    ],
    rows: adl.rows.map((row) => [
      number(String(row.rank), row.rank),
      String(row.account),
      number(format.count(row.weight), row.weight),
      row.side,
      money(row.upnl_usd),
      number(row.leverage === null ? format.noData : `${row.leverage.toFixed(1)}×`, row.leverage),
      number(row.score === null ? format.noData : row.score.toPrecision(3), row.score),
      money(row.notional_usd),
      number(format.price(row.price), row.price),
      money(row.forgone_usd),
    ]),
  });
}

type Input = RunJson['inputs'][number];

// Rows by the table of the scenario that they stand in: "agents.market_maker", "population", "events[2]".
export function groupInputs(rows: Input[]): [group: string, rows: Input[]][] {
  const groups = new Map<string, Input[]>();
  for (const row of rows) {
    const parts = row[0].split('.');
    const group = parts.slice(0, Math.min(2, parts.length - 1)).join('.') || row[0];
    groups.set(group, [...(groups.get(group) ?? []), row]);
  }
  return [...groups];
}

function inputGroup(run: RunJson, group: string, rows: Input[], open: boolean, withStatus: boolean): HTMLElement {
  const inside = (key: string): string => (key.startsWith(`${group}.`) ? key.slice(group.length + 1) : key);
  const body = dataTable({
    name: `inputs-${group}`,
    title: group,
    quietTitle: true,
    stamp: stampText(run),
    style: 'tight',
    most: rows.length,
    columns: [
      { title: 'Input', kind: 'id' }, { title: 'Value', kind: 'text' },
      ...(withStatus ? [{ title: 'Status', kind: 'text', quiet: true } as Column] : []),
      { title: 'Source', kind: 'prose' },
    ],
    rows: rows.map(([key, value, status, source]) => [
      { shown: element('code', { title: key }, inside(key)), text: key }, value, ...(withStatus ? [status] : []), source,
    ]),
  });
  const node = element('details', { class: 'group' },
    element('summary', {}, element('code', {}, group), element('span', { class: 'quiet' }, ` ${rows.length}`)), body);
  node.open = open;
  return node;
}

// On paper all assumed inputs run on, group by group: as a table they would fill a booklet. The two sources
// that most have are marks.
const sourceMarks = new Map([['default of the program', ''], ['no source given', ' †'], ['', ' †']]);

function inputsOnPaper(rows: Input[]): HTMLElement {
  return element('div', { class: 'run-on' },
    element('p', {}, 'Inputs marked assumed, by the table of the scenario. In brackets: source. †: no source given. Neither: default of the program.'),
    ...groupInputs(rows).map(([group, own]) => element('p', {},
      element('b', {}, group), ' ',
      own.map(([key, value, , source]) => {
        const name = key.startsWith(`${group}.`) ? key.slice(group.length + 1) : key;
        return `${name} ${value}${sourceMarks.get(source) ?? ` (${source})`}`;
      }).join(' · '))));
}

export function inputs(run: RunJson): Rendered {
  const counts = new Map<string, number>();
  for (const [, , status] of run.inputs) {
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  if (run.inputs.length === 0) {
    return { lead: 'The scenario lists no inputs.', body: [] };
  }
  const parts = [...counts].map(([status, n]) => `${n} ${status}`).join(', ');
  const body = element('div', {});
  const search = element('input', { type: 'search', placeholder: 'find an input', 'aria-label': 'Find an input' });
  const statuses = ['assumed', ...[...counts.keys()].filter((status) => status !== 'assumed').sort(), 'all'];
  let shown = 'assumed';
  const show = (): void => {
    const wanted = search.value.trim().toLowerCase();
    const rows = run.inputs.filter((row) =>
      (shown === 'all' || row[2] === shown) && (wanted === '' || row.join(' ').toLowerCase().includes(wanted)));
    const groups = groupInputs(rows);
    const open = wanted !== '' || rows.length <= 40;
    body.replaceChildren(...(rows.length === 0
      ? [element('p', { class: 'note' }, wanted === '' ? `No input is marked ${shown}.` : 'No input matches.')]
      : groups.map(([group, own]) => inputGroup(run, group, own, open, shown === 'all'))));
  };
  search.addEventListener('input', show);
  show();
  return {
    lead: `The scenario's inputs by where they come from: ${parts}. A conclusion that leans on an assumed figure is as good as that figure.`,
    body: [element('div', { class: 'toolbar screen-only' },
      choice(statuses, 0, (i) => {
        shown = statuses[i]!;
        show();
      }, 'Show inputs by status'), search),
    element('div', { class: 'screen-only' }, body),
    inputsOnPaper(run.inputs.filter(([, , status]) => status === 'assumed'))],
  };
}

// Name and value, one line each.
export function facts(rows: [name: string, value: string][]): HTMLElement {
  const list = element('dl', { class: 'facts' });
  for (const [name, value] of rows) {
    list.append(element('dt', {}, name), element('dd', {}, value));
  }
  return list;
}

export function command(text: string): Child[] {
  return [element('pre', {}, text), button('Copy the command', () => void navigator.clipboard?.writeText(text), 'screen-only')];
}

export function reproduce(run: RunJson): Rendered {
  const line = run.reproduce.find(([name]) => name === 'command')?.[1];
  return {
    lead: 'The same program, scenario and seed give the same digest. Another compiler or another maths library may differ.',
    body: [...(line === undefined ? [] : command(line)), facts(run.reproduce.filter(([name]) => name !== 'command'))],
  };
}

export function limits(): Rendered {
  return {
    body: [element('ul', { class: 'limits' },
      element('li', {}, 'What the price will be. It says what a stated set of rules and agents does with a stated shock.'),
      element('li', {}, 'Whether news moved the quotes or a hidden seller moved the price: a price path alone cannot separate them.'),
      element('li', {}, 'How much was truly liquidated in the real market. Venues that thin out their feeds publish a lower bound; compare reported with reported.'),
      element('li', {}, 'How sure a figure is, from one seed. A single path has no band.'))],
  };
}
