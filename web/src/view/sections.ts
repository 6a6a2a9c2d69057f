// The parts of the report that are text and tables.
import * as format from '../model/format';
import type { MetricRow, RunJson } from '../model/run';
import { button, choice, element, table, type TableColumn } from './dom';

const headlineMetrics = [
  'btc_low', 'btc_fall_open_to_low', 'btc_worst_hour', 'btc_rebound_1h', 'eth_low', 'eth_fall_open_to_low',
  'liquidated_reported_usd', 'liquidated_true_usd', 'long_share_reported', 'accounts_reported',
  'depth_1pct_min_share', 'depth_4pct_min_share', 'funding_btc_min', 'oi_btc_change', 'oi_eth_change',
  'fund_min_usd', 'adl_usd', 'sentiment_last',
  'defi_liquidated_usd', 'defi_liquidated_share', 'defi_bad_debt_usd', 'usde_low_min', 'usde_gap_max', 'incident_loss_usd',
];

function verdict(row: MetricRow): HTMLElement {
  if (row.measured_value === null) {
    return element('span', { class: 'quiet' }, '');
  }
  const [style, text] = row.inside === null ? ['unknown', 'unknown'] : row.inside ? ['inside', 'yes'] : ['missed', 'no'];
  return element('span', { class: `verdict ${style}` }, text);
}

export function header(run: RunJson): HTMLElement {
  const node = element('header', {},
    element('h1', {}, run.run.title),
    element('p', { class: 'about' }, run.run.about));
  node.append(element('div', { class: 'stamp' }, stampText(run)));
  if (run.run.interrupted) {
    node.append(element('p', { class: 'warning' },
      `This run was interrupted at ${format.moment(run.run.start_unix_s + run.run.end_s)} UTC. Figures cover only what was simulated.`));
  }
  const lead = element('div', { class: 'lead' });
  for (const sentence of run.headline) {
    lead.append(element('p', {}, sentence));
  }
  node.append(lead);
  return node;
}

export function stampText(run: RunJson): string {
  const id = run.run.id === '' ? '' : `run ${run.run.id} · `;
  return `${id}seed ${run.run.seed} · scenario ${run.run.hash} · digest ${run.run.digest}`;
}

export function headlineTable(run: RunJson): HTMLElement {
  const rows = headlineMetrics
    .map((name) => run.metrics.find((row) => row.metric === name))
    .filter((row): row is MetricRow => row !== undefined);
  const banded = rows.some((row) => row.band !== '');
  const columns: TableColumn[] = [
    { title: '', style: 'label' },
    { title: banded ? 'Simulated, median' : 'Simulated', style: 'number strong' },
    ...(banded ? [{ title: '5 … 95 %', style: 'number quiet' }] : []),
    { title: 'Measured', style: 'number' },
    { title: 'In tolerance' },
    { title: 'The article said', style: 'quiet' },
  ];
  return table(columns, rows.map((row) => [
    row.label,
    row.simulated,
    ...(banded ? [row.band] : []),
    row.measured,
    verdict(row),
    row.article,
  ]));
}

// Where the simulated value lies against the measured one, in units of the tolerance.
export function gauge(row: MetricRow): Node {
  const { simulated_value: simulated, measured_value: measured, tolerance_value: tolerance } = row;
  if (simulated === null || measured === null || tolerance === null || tolerance <= 0) {
    return document.createTextNode('');
  }
  const reach = 3;
  const off = (simulated - measured) / tolerance;
  const place = (value: number): number => 75 + (Math.min(Math.max(value, -reach), reach) / reach) * 66;
  const name = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(name, 'svg');
  svg.setAttribute('class', 'gauge');
  svg.setAttribute('viewBox', '0 0 150 18');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', `${off.toFixed(1)} tolerances from the measured value`);
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
  return svg;
}

export function comparison(run: RunJson): HTMLElement {
  const compared = run.metrics.filter((row) => row.measured_value !== null);
  const others = run.metrics.filter((row) => row.measured_value === null);
  const section = element('section', {}, element('h2', {}, 'Simulated against measured'));
  section.append(element('p', { class: 'note' },
    'The band is the tolerance around the measured value, the dot is the run; an arrow is more than three tolerances away. '
    + 'Measured figures are used by no mechanism of the model.'));
  section.append(table(
    [
      { title: 'Figure', style: 'label' },
      { title: 'Simulated', style: 'number strong' },
      { title: 'Measured', style: 'number' },
      { title: 'Tolerance', style: 'number quiet' },
      { title: 'Off by' },
      { title: 'In tolerance' },
      { title: 'Source', style: 'small' },
    ],
    compared.map((row) => [
      row.label, row.simulated, row.measured, row.tolerance, gauge(row), verdict(row),
      [row.source, row.note].filter((text) => text !== '').join('; '),
    ])));
  if (others.length > 0) {
    section.append(element('p', { class: 'note', style: 'margin-top: 18px' }, 'Figures of this run that nobody measured, or that the scenario does not compare:'));
    section.append(table(
      [{ title: 'Figure', style: 'label' }, { title: 'Simulated', style: 'number strong' }, { title: 'The article said', style: 'quiet' }],
      others.map((row) => [row.label, row.simulated, row.article]), 'narrow'));
  }
  return section;
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
  if (run.forced.length > 0) {
    out.push(
      element('p', { class: 'note' },
        'Liquidated notional of the day by the way it went. What a fund or engine took over and sold again later is counted once.'),
      table(
        [
          { title: 'Venue' }, { title: 'Coin' }, { title: 'Liquidated', style: 'number strong' }, { title: 'Met the book', style: 'number' },
          { title: 'Taken over', style: 'number' }, { title: 'Deleveraged', style: 'number' },
        ],
        run.forced.map((row) => {
          const usd = row.book_usd + row.takeover_usd + row.adl_usd;
          const share = (part: number): string => (usd > 0 ? format.percent(part / usd) : format.noData);
          return [row.venue, row.coin, format.money(usd), share(row.book_usd), share(row.takeover_usd), share(row.adl_usd)];
        })));
  }
  if (run.adl_venues.length > 0) {
    out.push(
      element('p', { class: 'note', style: 'margin-top: 8px' },
        'Auto-deleveraging of the day. A step closes one insolvent position, a fill is one winner closed against it; like accounts are counted each. Public records count fills.'),
      table(
        [
          { title: 'Venue' }, { title: 'Closed', style: 'number strong' }, { title: 'Accounts', style: 'number' },
          { title: 'Steps', style: 'number' }, { title: 'Fills', style: 'number' },
        ],
        run.adl_venues.map((row) => [row.venue, format.money(row.usd), format.count(row.accounts), format.count(row.steps), format.count(row.fills)])));
  }
  return out;
}

export function adlTable(run: RunJson): HTMLElement {
  const { adl } = run;
  if (adl.steps === 0) {
    return element('p', { class: 'note' }, 'No position was closed by auto-deleveraging in this run.');
  }
  const node = element('div', {});
  const when = adl.largest_s === undefined ? '' : `${format.moment(run.run.start_unix_s + adl.largest_s)} UTC`;
  node.append(element('p', { class: 'note' },
    `Auto-deleveraging ran in ${format.count(adl.steps)} steps and closed ${format.count(adl.winners)} winning positions. `
    + `The largest step, ${adl.largest_book ?? ''} at ${when}, first ${adl.rows.length} of its queue:`));
  node.append(table(
    [
      { title: 'Rank', style: 'number' }, { title: 'Account' }, { title: 'Side' },
      { title: 'Unrealised profit', style: 'number' }, { title: 'Leverage', style: 'number' },
      { title: 'Score', style: 'number' }, { title: 'Closed', style: 'number' }, { title: 'At price', style: 'number' },
      { title: 'Forgone at the end', style: 'number' },
    ],
    adl.rows.map((row) => [
      String(row.rank),
      row.weight > 1 ? `${row.account} (${format.count(row.weight)} alike)` : String(row.account),
      row.side,
      format.money(row.upnl_usd),
      row.leverage === null ? format.noData : `${row.leverage.toFixed(1)}×`,
      row.score === null ? format.noData : row.score.toPrecision(3),
      format.money(row.notional_usd),
      format.price(row.price),
      format.money(row.forgone_usd),
    ])));
  const overshoot = adl.needed_usd > 0 ? ` (${(adl.taken_usd / adl.needed_usd).toFixed(2)} times what was needed)` : '';
  node.append(element('p', { class: 'note', style: 'margin-top: 8px' },
    `Needed ${format.money(adl.needed_usd)}, taken ${format.money(adl.taken_usd)}${overshoot}.`));
  return node;
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

function inputGroup(group: string, rows: Input[], open: boolean, withStatus: boolean): HTMLElement {
  const columns: TableColumn[] = [
    { title: 'Input' }, { title: 'Value' },
    ...(withStatus ? [{ title: 'Status', style: 'quiet' }] : []),
    { title: 'Source', style: 'small' },
  ];
  const inside = (key: string): string => (key.startsWith(`${group}.`) ? key.slice(group.length + 1) : key);
  const body = table(columns, rows.map(([key, value, status, source]) => [
    element('code', { title: key }, inside(key)), value, ...(withStatus ? [status] : []), source,
  ]), 'tight');
  const node = element('details', { class: 'group' },
    element('summary', {}, element('code', {}, group), element('span', { class: 'quiet' }, ` ${rows.length}`)), body);
  node.open = open;
  return node;
}

export function inputs(run: RunJson): HTMLElement {
  const section = element('section', {}, element('h2', {}, 'Assumed inputs'));
  const counts = new Map<string, number>();
  for (const [, , status] of run.inputs) {
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  const parts = [...counts].map(([status, n]) => `${n} ${status}`).join(', ');
  section.append(element('p', { class: 'note' },
    run.inputs.length === 0
      ? 'The scenario lists no inputs.'
      : `The scenario's inputs by where they come from: ${parts}. A conclusion that leans on an assumed figure is as good as that figure.`));
  if (run.inputs.length === 0) {
    return section;
  }
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
      : groups.map(([group, own]) => inputGroup(group, own, open, shown === 'all'))));
  };
  search.addEventListener('input', show);
  section.append(element('div', { class: 'toolbar screen-only' },
    choice(statuses, 0, (i) => {
      shown = statuses[i]!;
      show();
    }, 'Show inputs by status'), search), body);
  show();
  return section;
}

export function reproduce(run: RunJson): HTMLElement {
  const section = element('section', {}, element('h2', {}, 'Reproduce'));
  const command = run.reproduce.find(([name]) => name === 'command')?.[1];
  if (command !== undefined) {
    section.append(element('pre', {}, command));
    const copy = button('Copy the command', () => void navigator.clipboard?.writeText(command), 'screen-only');
    section.append(copy);
  }
  const facts = element('dl', { class: 'facts' });
  for (const [name, value] of run.reproduce) {
    if (name !== 'command') {
      facts.append(element('dt', {}, name), element('dd', {}, value));
    }
  }
  section.append(facts);
  section.append(element('p', { class: 'note', style: 'margin-top: 12px' },
    'The same program, scenario and seed give the same digest. Another compiler or another maths library may differ.'));
  return section;
}

export function limits(): HTMLElement {
  return element('section', {},
    element('h2', {}, 'What this report cannot tell'),
    element('ul', { class: 'limits' },
      element('li', {}, 'What the price will be. It says what a stated set of rules and agents does with a stated shock.'),
      element('li', {}, 'Whether news moved the quotes or a hidden seller moved the price: a price path alone cannot separate them.'),
      element('li', {}, 'How much was truly liquidated in the real market. Venues that thin out their feeds publish a lower bound; compare reported with reported.'),
      element('li', {}, 'How sure a figure is, from one seed. A single path has no band.')));
}
