// Every part of the pages with made-up figures, at its hardest: long identifiers, many columns, many rows,
// nothing known. docs/report-pages.md refers to it, and the tests of the pages look at it; no command writes it.
import 'uplot/dist/uPlot.min.css';
import './style.css';

import { barsPicture, tornado, waterfall } from './chart/bars';
import { heatMap } from './chart/heat_map';
import { Pane } from './chart/pane';
import * as format from './model/format';
import { nothing } from './view/dom';
import { Drawings } from './view/drawings';
import { layOut } from './view/page';
import { dataTable, number, type Cell, type Column } from './view/table';

const stamp = 'made-up figures';
const drawings = new Drawings();

function tables(): HTMLElement[] {
  const columns: Column[] = [
    { title: 'account', kind: 'id' }, { title: 'position', kind: 'text' },
    ...['notional', 'price', 'mark', 'bankruptcy price', 'slippage', 'fees and margin in', 'shortfalls paid', 'bad debt']
      .map((title): Column => ({ title, kind: 'number' })),
    { title: 'what it is for', kind: 'prose' },
  ];
  const account = (r: number): string => `0x${(r * 2654435761 % 4294967296).toString(16).padStart(8, '0').repeat(5)}`;
  const rows = Array.from({ length: 40 }, (_unused, r): Cell[] => [
    r === 0 ? '=1+1' : account(r), 'BTC-PERP long',
    ...columns.slice(2, 10).map((_column, k) => number(format.money((r + 1) * 10 ** k * 7.31), (r + 1) * 10 ** k * 7.31)),
    r % 3 === 0 ? 'assumed: half of what the venue publishes, as nobody has said what the other half is' : '',
  ]);
  return [
    dataTable({ name: 'wide', title: 'Eleven columns and forty rows', note: 'Largest first would be better.', stamp, columns, rows }),
    dataTable({
      name: 'short', title: 'Two columns', stamp, style: 'narrow',
      columns: [{ title: 'Figure', kind: 'label' }, { title: 'Value', kind: 'number', strong: true }],
      rows: [['liquidated', number('$1.94 bn', 1.94e9)], ['emptied', number('no', null)]],
    }),
    nothing('no fund records in this run'),
  ];
}

function bars(): HTMLElement {
  return drawings.card('bars', () => [
    barsPicture({
      title: 'Why the price fell',
      unit: 'USD per BTC; whiskers: 5 to 95 %',
      name: 'example-waterfall',
      stamp,
      bars: waterfall({ label: 'price before', value: 110_495 }, [
        { label: 'news', by: -3_600, low: -4_000, high: -3_100 },
        { label: 'withdrawal of quotes', by: -3_100, low: -3_700, high: -2_500 },
        { label: 'liquidation of longs', by: -2_800, low: -3_300, high: -2_300 },
        { label: 'bought by others', by: 900, low: 400, high: 1_500 },
      ], 'low', format.price),
      tick: (value) => format.price(value),
    }),
    barsPicture({
      title: 'What moves the bad debt',
      unit: 'USD; each input at its two ends, the others as they are',
      name: 'example-tornado',
      stamp,
      base: 5e6,
      bars: tornado(5e6, [
        { label: 'leverage of the highest tier', low: 2e6, high: 12e6 },
        { label: 'size of the fund', low: 4e6, high: 7e6 },
        { label: 'half-life of the books after a forced order', low: 4.5e6, high: 5.2e6 },
      ], format.money),
      tick: format.moneyTick,
    }),
  ]);
}

function grids(): HTMLElement {
  const levers = ['20×', '50×', '75×', '100×', '125×'];
  const funds = ['$50 m', '$100 m', '$200 m', '$400 m'];
  const debt = (r: number, c: number): number | null => (r === 3 && c === 4 ? null : Math.max(0, (c + 1) * 3e6 - r * 4e6));
  return drawings.card('grids', () => [heatMap({
    title: 'Bad debt',
    unit: 'USD; the line parts what keeps the limit of $2 m, the frame is today',
    name: 'example-policies',
    stamp,
    columnTitle: 'highest leverage',
    columns: levers,
    rowTitle: 'fund',
    rows: funds,
    values: funds.map((_fund, r) => levers.map((_lever, c) => debt(r, c))),
    format: format.money,
    keeps: (value) => value <= 2e6,
    today: [1, 4],
  }), heatMap({
    title: 'Standing notional',
    unit: 'USD; by hour and price',
    name: 'example-standing',
    stamp,
    columnTitle: 'hour',
    columns: Array.from({ length: 48 }, (_unused, c) => String(c)),
    rowTitle: 'price',
    rows: ['$110,000', '$105,000', '$100,000'],
    values: [0, 1, 2].map((r) => Array.from({ length: 48 }, (_unused, c) => (c * (r + 1)) % 17 * 1e7)),
    format: format.money,
  })]);
}

function lines(): HTMLElement {
  const times = Array.from({ length: 200 }, (_unused, k) => 1762214400 + k * 600);
  return drawings.card('lines', () => [new Pane({
    title: 'Reproduction number R',
    unit: 'forced sales set off by one forced sale',
    fileName: 'example-r',
    times,
    lines: [
      { label: 'R', colour: '--price', values: times.map((_time, k) => 0.4 + 0.5 * Math.exp(-(((k - 90) / 15) ** 2))), width: 1.6 },
      { label: 'one', colour: '--loss', kind: 'dashed', values: times.map(() => 1) },
    ],
    height: 170,
    format: (value) => value.toFixed(2),
    tick: (value) => value.toFixed(1),
    timeAxis: true,
    range: [times[0]!, times[times.length - 1]!],
    includeZero: true,
    syncKey: 'example',
    stamp,
  })]);
}

layOut('components', document.getElementById('report')!, {
  title: 'Parts of the pages',
  about: 'Made-up figures.',
  answer: ['The fund of venue A is emptied after 12 min and $12.3 m of bad debt is left.', 'Not firm: with half the step the fund holds.'],
  verdicts: [
    { tone: 'kept', word: 'kept', text: 'accounts_liquidated <= 100: 12, firm' },
    { tone: 'close', word: 'kept, but not when varied', text: 'fund.A >= 0: $1.2 m, varied −$3.0 m … $4.0 m' },
    { tone: 'broken', word: 'broken', text: 'bad_debt_usd <= 1 m: $12.3 m, firm' },
    { tone: 'unknown', word: 'unknown', text: 'depth_4pct_min_share >= 20 %: not measured' },
  ],
  warnings: ['This page is an example.'],
  stamp,
}, {
  tables: () => ({ lead: 'What does not fit is set smaller, then stacked.', body: tables() }),
  bars: () => ({ lead: 'From the first total to the last, and what each input does alone.', body: [bars()] }),
  grids: () => ({ body: [grids()] }),
  lines: () => ({ body: [lines()] }),
}, stamp);

drawings.follow(document.getElementById('report')!);
