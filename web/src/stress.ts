// The page of `margincall stress`: an account book against a shock. All figures come ready from the
// program; the page only lays them out.
import 'uplot/dist/uPlot.min.css';
import './style.css';

import { mapLegend, mapPicture, sharedScale } from './chart/liquidation_map';
import { Pane } from './chart/pane';
import { stackColours } from './chart/theme';
import * as format from './model/format';
import { mapOfCoin, parseStress, type CoinJson, type SeriesJson } from './model/stress';
import { choice, element, type Child } from './view/dom';
import { Drawings } from './view/drawings';
import { limitVerdicts } from './view/limits';
import { layOut, titleOf, type Rendered, type SectionOf } from './view/page';
import { programTable, tablesOnly } from './view/program_table';
import { command, facts } from './view/sections';
import { dataTable, number, type Cell, type Column } from './view/table';

const data = parseStress(document.getElementById('stress-data')!.textContent ?? '');
const stamp = `${data.title} · ${data.shock} · ${data.created}`;
const main = document.getElementById('report')!;
const drawings = new Drawings();

// Coins that the book holds; of a market with many the others would only be in the way.
const holds = data.coins.map((_, k) => k).filter((k) => data.coins[k]!.held);
const held = holds.length > 0 ? holds : [0];

function tablesOf(section: SectionOf<'stress'>, title = titleOf('stress', section)): HTMLElement[] {
  return data.tables.filter((source) => source.section === section).map((source) => programTable(source, title, stamp));
}

// A section that is nothing but its tables.
function onlyTables(section: SectionOf<'stress'>): Rendered | null {
  return tablesOnly(data.tables, section, titleOf('stress', section), stamp);
}

// Of the lowest marks by coin; the others are folded.
const coinsShown = 3;

// The headline table; with a size of the slider as a column of its own.
function headline(size: number): HTMLElement {
  const several = data.cases.length > 1;
  const other = data.sizes[size];
  const columns: Column[] = [
    { title: 'Figure', kind: 'label' },
    ...data.cases.map((title): Column => ({ title, kind: 'number', strong: true })),
    ...(other === undefined ? [] : [{ title: other.name, kind: 'number' } as Column]),
    ...(data.varied ? [{ title: 'varied', kind: 'number', quiet: true, csv: ['varied_low', 'varied_high'] } as Column] : []),
    ...(several ? [{ title: 'difference', kind: 'number', quiet: true } as Column] : []),
  ];
  return dataTable({
    name: 'outcome',
    title: 'Outcome',
    quietTitle: true,
    stamp,
    style: columns.length > 3 ? '' : 'narrow',
    most: data.lines.filter((line) => !line.of_coin).length + coinsShown,
    columns,
    rows: data.lines.map((line, k): Cell[] => [
      line.label,
      ...line.shown.map((shown, c) => number(shown, line.values[c] ?? null)),
      ...(other === undefined ? [] : [number(other.shown[k] ?? '', other.values[k] ?? null)]),
      ...(data.varied ? [number(line.range, [line.low, line.high])] : []),
      ...(several ? [number(line.difference, last(line.values) - (line.values[0] ?? NaN))] : []),
    ]),
  });
}

function last(values: (number | null)[]): number {
  return values[values.length - 1] ?? NaN;
}

function outcome(): Rendered {
  const host = element('div', {});
  const show = (size: number): void => host.replaceChildren(headline(size));
  show(-1);
  const word = element('span', { class: 'note' }, 'as asked');
  const slider = element('input', { type: 'range', min: '-1', max: String(data.sizes.length - 1), step: '1', value: '-1',
    'aria-label': 'the same shock at another size', 'aria-valuetext': 'as asked' }) as HTMLInputElement;
  slider.addEventListener('input', () => {
    const size = Number(slider.value);
    word.textContent = data.sizes[size]?.name ?? 'as asked';
    slider.setAttribute('aria-valuetext', word.textContent);
    show(size);
  });
  return {
    lead: data.varied
      ? 'Varied: lowest and highest with half and double the time step and a shock 2 % smaller, 2 % larger, 10 % faster and 10 % slower.' : '',
    body: [
      ...(data.sizes.length === 0 ? [] : [element('label', { class: 'what-if screen-only' }, 'The same shock at another size: ', slider, ' ', word)]),
      host,
    ],
  };
}

// Time since the start of the shock, so that the axis begins at 00:00.
function panes(series: SeriesJson, coin: number): Pane[] {
  const name = data.coins[coin]!.name;
  const last = Math.max(series.time_s[series.time_s.length - 1] ?? 1, 1);
  const common = {
    times: series.time_s,
    range: [0, last] as [number, number],
    syncKey: 'stress',
    stamp,
    relative: true,
  };
  return [
    new Pane({
      ...common,
      title: `${name} price`,
      unit: 'USD; time since the start of the shock',
      fileName: `stress-price-${name}`,
      lines: [
        { label: 'shock path', colour: '--index', values: series.reference[coin]!, kind: 'dashed', width: 1.4 },
        { label: 'mark, average over venues', colour: '--price', values: series.mark[coin]!, width: 1.6 },
      ],
      height: 190,
      format: format.price,
      tick: (value) => format.price(value),
      timeAxis: false,
    }),
    new Pane({
      ...common,
      title: 'Liquidated, all coins',
      unit: 'USD, cumulative',
      fileName: 'stress-liquidated',
      lines: [
        { label: 'long', colour: '--loss', values: series.liquidated_long, width: 1.8 },
        { label: 'short', colour: '--gain', values: series.liquidated_short, width: 1.8 },
      ],
      height: 150,
      format: format.money,
      tick: format.moneyTick,
      timeAxis: false,
      includeZero: true,
    }),
    new Pane({
      ...common,
      title: 'Funds, engines and vaults',
      unit: 'USD, cash and positions at mark',
      fileName: 'stress-funds',
      lines: series.pool_names.map((pool, k) => ({
        label: pool, colour: stackColours[k % stackColours.length]!, values: series.pools[k]!, width: 1.6,
      })),
      height: 170,
      format: format.money,
      tick: format.moneyTick,
      timeAxis: true,
      includeZero: true,
    }),
  ];
}

function happened(): Rendered {
  const host = element('div', { class: 'card' });
  let coin = held[0]!;
  let which = 0;
  const show = (): void => drawings.show('series', host, panes(data.series[which]!, coin));
  queueMicrotask(show);
  return {
    lead: 'Hours and minutes since the start of the shock. The gap between shock path and mark is what forced orders did to the books.',
    body: [
      element('div', { class: 'toolbar' },
        choice(held.map((k) => data.coins[k]!.name), 0, (index) => { coin = held[index]!; show(); }, 'Coin'),
        ...(data.cases.length > 1
          ? [choice(data.cases, 0, (index) => { which = index; show(); }, 'Case')] : [])),
      host,
    ],
  };
}

function showMap(host: HTMLElement, coin: CoinJson): void {
  const map = mapOfCoin(coin);
  const none = map.usd.length === 0;
  drawings.show('map', host, none ? [] : [mapPicture(map, coin, {
    scale: sharedScale([map]), startS: 0, stamp, counted: 'positions', bottomAxis: true,
  })]);
  if (none) {
    host.append(element('div', { class: 'empty' }, element('span', {}, `nothing of ${coin.name} can be liquidated within 60 %`)));
  }
}

function mapSection(): Rendered {
  const host = element('div', { class: 'card' });
  queueMicrotask(() => showMap(host, data.coins[held[0]!]!));
  return {
    lead: 'Notional whose account becomes liquidatable if the mark of this coin alone goes there, all venues, by the leverage of the whole account at the prices of the book.',
    body: [
      element('div', { class: 'toolbar' },
        choice(held.map((k) => data.coins[k]!.name), 0, (index) => showMap(host, data.coins[held[index]!]!), 'Coin'),
        element('div', { class: 'legend' }, ...mapLegend())),
      host,
    ],
  };
}

function reconciliation(): Rendered {
  return {
    lead: 'Figures of the file against the rules: equity, maintenance margin and liquidation prices, health factors of a lending book.',
    body: [
      element('ul', { class: 'limits' }, ...data.reconciliation.map((line) => element('li', {}, line.replace(/ {2,}/g, ': ')))),
      ...tablesOf('reconciliation'),
    ],
  };
}

function assumptions(): Rendered {
  const body: Child[] = [...command(data.command), facts(data.provenance)];
  return {
    lead: 'No behaviour is modelled: nobody adds margin, cancels, buys the dip or withdraws quotes. Prices are the declared path and what forced orders do to the given books.',
    body,
  };
}

// A lending book alone has neither books of orders nor a course in time.
const book = data.cases.length > 0;

layOut('stress', main, {
  title: `Stress of ${data.title}`,
  about: `${data.shock}. Market: ${data.market}. Feedback ${data.feedback}.`,
  answer: data.answer,
  verdicts: limitVerdicts(data.limits),
  stamp: `${data.created} · ${data.program}`,
}, {
  outcome: () => (book ? outcome() : null),
  funds: () => onlyTables('funds'),
  map: () => (book ? mapSection() : null),
  happened: () => (book ? happened() : null),
  accounts: () => onlyTables('accounts'),
  lending: () => onlyTables('lending'),
  reconciliation,
  sizes: () => onlyTables('sizes'),
  reverse: () => onlyTables('reverse'),
  rules: () => onlyTables('rules'),
  adl_rules: () => onlyTables('adl_rules'),
  unwind: () => onlyTables('unwind'),
  concentration: () => onlyTables('concentration'),
  assumptions,
}, `Margincall stress lab. ${stamp}`);

drawings.follow(main);
