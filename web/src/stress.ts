// The page of `margincall stress`: an account book against a shock. All figures come ready from the
// program; the page only lays them out.
import 'uplot/dist/uPlot.min.css';
import './style.css';

import { bandNames, drawMap, mapTotals, sharedScale } from './chart/liquidation_map';
import { Pane } from './chart/pane';
import { bandColours, stackColours } from './chart/theme';
import * as format from './model/format';
import { mapOfCoin, parseStress, type CoinJson, type SeriesJson, type TableJson } from './model/stress';
import { button, choice, element, table } from './view/dom';
import { Drawings } from './view/drawings';
import { downloadCanvas, downloadCsv } from './view/export';

const data = parseStress(document.getElementById('stress-data')!.textContent ?? '');
const stamp = `${data.title} · ${data.shock} · ${data.created}`;
const main = document.getElementById('report')!;

// Coins that the book holds; of a market with many the others would only be in the way.
const holds = data.coins.map((_, k) => k).filter((k) => data.coins[k]!.held);
const held = holds.length > 0 ? holds : [0];

const drawings = new Drawings();

function tableSection(source: TableJson): HTMLElement {
  const columns = source.head.map((title, k) => ({ title, style: k === 0 ? 'label verbatim' : isNumeric(source, k) ? 'number' : '' }));
  const save = button('CSV', () => downloadCsv(source.key, stamp, source.head, source.rows), 'tool',
    `Save the table "${source.title}" as CSV`);
  return element('section', {},
    element('h2', {}, source.title, ' ', element('span', { class: 'tools' }, save)),
    ...(source.note === '' ? [] : [element('p', { class: 'note' }, source.note)]),
    table(columns, source.rows, source.head.length > 5 ? 'tight wide' : 'tight'));
}

function isNumeric(source: TableJson, column: number): boolean {
  return source.rows.some((row) => /[0-9]/.test(row[column] ?? '')) &&
    source.rows.every((row) => !/^[A-Za-z].*[A-Za-z]$/.test(row[column] ?? '') || /^(no|none|at once|not )/.test(row[column] ?? ''));
}

// The headline table; with a size of the slider as a column of its own.
function headline(size: number): HTMLElement {
  const several = data.cases.length > 1;
  const other = data.sizes[size];
  return table([
    { title: '', style: 'label' },
    ...data.cases.map((name) => ({ title: name, style: 'number strong' })),
    ...(other === undefined ? [] : [{ title: other.name, style: 'number' }]),
    ...(data.varied ? [{ title: 'varied', style: 'number quiet' }] : []),
    ...(several ? [{ title: 'difference', style: 'number quiet' }] : []),
  ], data.lines.map((line, k) => [
    line.label.trim(), ...line.shown, ...(other === undefined ? [] : [other.shown[k] ?? '']), ...(data.varied ? [line.range] : []), ...(several ? [line.difference] : []),
  ]), data.cases.length > 2 ? '' : 'narrow');
}

function outcome(): HTMLElement {
  const host = element('div', {});
  const show = (size: number): void => host.replaceChildren(headline(size));
  show(-1);
  const word = element('span', { class: 'note' }, 'as asked');
  const slider = element('input', { type: 'range', min: '-1', max: String(data.sizes.length - 1), step: '1', value: '-1',
    'aria-label': 'the same shock at another size' }) as HTMLInputElement;
  slider.addEventListener('input', () => {
    const size = Number(slider.value);
    word.textContent = data.sizes[size]?.name ?? 'as asked';
    show(size);
  });
  return element('section', {}, element('h2', {}, 'Outcome'),
    ...(data.varied ? [element('p', { class: 'note' },
      'Varied: lowest and highest with half and double the time step and a shock 2 % smaller, 2 % larger, 10 % faster and 10 % slower.')] : []),
    ...(data.sizes.length === 0 ? [] : [element('label', { class: 'what-if' }, 'The same shock at another size: ', slider, ' ', word)]),
    host);
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

function seriesSection(): HTMLElement {
  const host = element('div', { class: 'card' });
  let coin = held[0]!;
  let which = 0;
  const show = (): void => drawings.showPanes('series', host, panes(data.series[which]!, coin));
  const section = element('section', {},
    element('h2', {}, 'What happened'),
    element('p', { class: 'note' },
      'Hours and minutes since the start of the shock. The gap between shock path and mark is what forced orders did to the books.'),
    element('div', { class: 'toolbar' },
      choice(held.map((k) => data.coins[k]!.name), 0, (index) => { coin = held[index]!; show(); }, 'Coin'),
      ...(data.cases.length > 1
        ? [choice(data.cases, 0, (index) => { which = index; show(); }, 'Case')] : [])),
    host);
  queueMicrotask(show);
  return section;
}

function showMap(host: HTMLElement, coin: CoinJson): void {
  const map = mapOfCoin(coin, Date.parse(data.created) / 1000);
  if (map.usd.length === 0) {
    host.replaceChildren(element('div', { class: 'empty' }, element('span', {}, `nothing of ${coin.name} can be liquidated within 60 %`)));
    drawings.drop('map');
    return;
  }
  const scale = sharedScale([map]);
  const canvas = element('canvas', { class: 'map', role: 'img', 'aria-label': `Liquidation map of ${coin.name}: ${mapTotals(map).text}` });
  const draw = (width: number): void => drawMap(canvas, map, coin, scale, 0, width, true);
  const name = `${coin.name}-liquidation-map`;
  host.replaceChildren(element('div', { class: 'pane' },
    element('div', { class: 'pane-head' },
      element('div', { class: 'legend' }, mapTotals(map).text),
      element('span', { class: 'tools' },
        button('PNG', () => downloadCanvas(canvas, `Liquidation map of ${coin.name}`, stamp, name), 'tool'),
        button('CSV', () => downloadCsv(name, stamp,
          ['price_low', 'price_high', 'side', 'leverage_band', 'notional_usd', 'positions'],
          Array.from(map.usd, (usd, k) => [map.low[k]!, map.high[k]!, map.isLong[k]! > 0 ? 'long' : 'short',
            bandNames[map.band[k]!] ?? '', usd, map.accounts[k]!])), 'tool'))),
    canvas));
  drawings.show('map', host, draw);
}

function mapSection(): HTMLElement {
  const host = element('div', { class: 'card' });
  const legend = element('div', { class: 'legend' });
  bandNames.forEach((name, band) => legend.append(element('span', { class: 'key' },
    element('span', { class: 'swatch area', style: `background: var(${bandColours[band]!})` }), name)));
  legend.append(
    element('span', { class: 'key' }, element('span', { class: 'swatch', style: 'border-color: var(--loss)' }), 'longs, cumulative (right axis)'),
    element('span', { class: 'key' }, element('span', { class: 'swatch', style: 'border-color: var(--gain)' }), 'shorts, cumulative (right axis)'));
  const section = element('section', {},
    element('h2', {}, 'Who would be liquidated where'),
    element('p', { class: 'note' },
      'Notional whose account becomes liquidatable if the mark of this coin alone goes there, all venues, by the leverage of the whole account at the prices of the book.'),
    element('div', { class: 'toolbar' },
      choice(held.map((k) => data.coins[k]!.name), 0, (index) => showMap(host, data.coins[held[index]!]!), 'Coin'), legend),
    host);
  queueMicrotask(() => showMap(host, data.coins[held[0]!]!));
  return section;
}

function head(): HTMLElement {
  return element('header', {},
    element('h1', {}, `Stress of ${data.title}`),
    element('p', { class: 'about' }, `${data.shock}. Market: ${data.market}. Feedback ${data.feedback}.`),
    element('div', { class: 'stamp' }, `${data.created} · ${data.program}`));
}

// The answer first: one sentence, how firm it is, and each limit.
function answer(): HTMLElement {
  const [first, ...more] = data.answer;
  const marks = ['✓', '~', '✗'];
  const styles = ['kept', 'close', 'broken'];
  return element('section', { class: 'answer' },
    element('p', { class: 'sentence' }, first ?? ''),
    ...more.map((sentence) => element('p', { class: 'note' }, sentence)),
    ...(data.limits.length === 0 ? [] : [element('ul', { class: 'verdicts' },
      ...data.limits.map((limit) => element('li', { class: styles[limit.verdict] ?? '' },
        element('span', { class: 'word' }, `${marks[limit.verdict] ?? ''} ${limit.word}`), ` ${limit.text}: ${limit.figure}`)))]));
}

function reconciliation(): HTMLElement {
  const breaks = data.tables.find((t) => t.key === 'breaks');
  return element('section', {},
    element('h2', {}, 'Reconciliation'),
    element('p', { class: 'note' }, 'Figures of the file against the rules: equity, maintenance margin and liquidation prices, health factors of a lending book.'),
    element('ul', { class: 'limits' }, ...data.reconciliation.map((line) => element('li', {}, line.replace(/ {2,}/g, ': ')))),
    ...(breaks === undefined ? [] : [tableSection(breaks)]));
}

function reproduce(): HTMLElement {
  const facts = element('dl', { class: 'facts' });
  for (const [name, value] of data.provenance) {
    facts.append(element('dt', {}, name), element('dd', {}, value));
  }
  return element('section', {}, element('h2', {}, 'Reproduce'), element('pre', {}, data.command), facts,
    element('p', { class: 'note' },
      'No behaviour is modelled: nobody adds margin, cancels, buys the dip or withdraws quotes. Prices are the declared path and what forced orders do to the given books.'));
}

main.replaceChildren(
  head(),
  answer(),
  // A lending book alone has neither books of orders nor a course in time.
  ...(data.cases.length === 0 ? [] : [
    outcome(), ...data.tables.filter((t) => t.key === 'funds').map(tableSection), mapSection(), seriesSection()]),
  ...data.tables.filter((t) => t.key !== 'breaks' && t.key !== 'funds').map(tableSection),
  reconciliation(),
  reproduce(),
  element('footer', {}, `Margincall stress lab. ${stamp}`));

drawings.follow(main);
