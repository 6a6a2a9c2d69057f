// The page of `margincall compare`: runs in columns, differences in colour, and their pictures on one
// scale. All figures come ready from the program; the page only lays them out.
import 'uplot/dist/uPlot.min.css';
import './style.css';

import { comparePanes, runColour } from './chart/compare_panes';
import { coinOf, levelRows, parseCompare, type ComparedRow, type SeriesJson } from './model/compare';
import { clock, dayMonth, noData } from './model/format';
import { choice, element } from './view/dom';
import { Drawings } from './view/drawings';
import { layOut, type Rendered } from './view/page';
import { dataTable, number, type Cell, type Column } from './view/table';

const data = parseCompare(document.getElementById('compare-data')!.textContent ?? '');
const stamp = data.runs.map((run, k) => `run ${k + 1}: ${run.name}`).join(' · ');
const main = document.getElementById('report')!;
const drawings = new Drawings();
const runNames = data.runs.map((_run, k) => `run ${k + 1}`);

function runMark(index: number): HTMLElement {
  return element('span', { class: 'run-mark' },
    element('span', { class: 'swatch', style: `border-color: var(${runColour(index)})` }), runNames[index]!);
}

// Which runs these are.
function runsTable(): HTMLElement {
  const facts = [...new Set(data.runs.flatMap((run) => run.facts.map(([name]) => name)))];
  return dataTable({
    name: 'compare-runs',
    title: 'Runs',
    quietTitle: true,
    stamp,
    style: 'tight',
    columns: [
      { title: 'Run', kind: 'text' }, { title: 'Folder', kind: 'id' },
      ...facts.map((title): Column => ({ title, kind: title === 'title' ? 'text' : 'id', quiet: true })),
    ],
    rows: data.runs.map((run, k) => [
      { shown: runMark(k), text: runNames[k]! }, run.name,
      ...facts.map((name) => run.facts.find(([known]) => known === name)?.[1] ?? ''),
    ]),
  });
}

const tones = new Map([[1, 'better'], [-1, 'worse']]);
const others = data.runs.map((_run, k) => k).slice(1);
const figureColumns: Column[] = [
  ...runNames.map((title): Column => ({ title, kind: 'number', strong: true })),
  ...others.map((k): Column => ({ title: `${runNames[k]!} less run 1`, kind: 'number' })),
];

// The values of all runs and the differences to the first.
function figureCells(row: ComparedRow | undefined): Cell[] {
  return [
    ...runNames.map((_name, k) => number(row?.shown[k] ?? noData, row?.values[k] ?? null)),
    ...others.map((k) => number(
      element('span', { class: tones.get(row?.tone[k] ?? 0) ?? 'even' }, row?.difference[k] ?? ''), row?.mean_difference[k] ?? null)),
  ];
}

// One line a level: start, minimum and end of each run, and of each the difference to the first.
function levels(): Rendered | null {
  const rows = levelRows(data.rows);
  if (rows.length === 0) {
    return null;
  }
  const coins = [...new Set(rows.map((row) => coinOf(row.key)))].filter((name) => name !== '');
  const host = element('div', {});
  const parts = [['start', 'actual'], ['minimum', 'minimum'], ['end', 'end']] as const;
  const show = (index: number): void => {
    const shown = rows.filter((row) => coinOf(row.key) === '' || coinOf(row.key) === coins[index]);
    host.replaceChildren(dataTable({
      name: `compare-levels${coins.length > 0 ? `-${coins[index]!}` : ''}`,
      title: 'Actual, minimum, end',
      quietTitle: true,
      stamp,
      style: 'levels',
      most: 3 * shown.length,
      columns: [{ title: 'Level', kind: 'label' }, { title: '', kind: 'text', quiet: true, csv: ['part'] }, ...figureColumns],
      rows: shown.flatMap((row) => parts.map(([part, name], i): Cell[] => [
        i === 0 ? row.label : { again: true, shown: row.label, text: row.label }, name, ...figureCells(row.parts.get(part)),
      ])),
    }));
  };
  show(0);
  return {
    lead: 'Actual is the value at the start, end the last one; over the whole run.',
    body: [...(coins.length > 1 ? [element('div', { class: 'toolbar' }, choice(coins, 0, show, 'Coin'))] : []), host],
  };
}

function figures(): Rendered {
  const rows = data.rows.filter((row) => row.part === '');
  return {
    lead: data.notes.join(' '),
    body: [dataTable({
      name: 'compare-figures',
      title: 'Headline figures',
      quietTitle: true,
      stamp,
      most: rows.length,
      columns: [{ title: 'Figure', kind: 'label' }, ...figureColumns],
      rows: rows.map((row) => [row.label, ...figureCells(row)]),
    })],
  };
}

function settings(): Rendered {
  if (data.series === null) {
    return { lead: 'Book, market and shock of each stress stand at the top.', body: [] };
  }
  if (data.settings.length === 0) {
    return { lead: 'Nothing: the resolved scenarios are the same.', body: [] };
  }
  return {
    body: [dataTable({
      name: 'compare-settings',
      title: 'Settings that differ',
      quietTitle: true,
      stamp,
      style: 'tight',
      columns: [{ title: 'Key of the resolved scenario', kind: 'id' }, ...runNames.map((title): Column => ({ title, kind: 'prose' }))],
      rows: data.settings.map((row) => [
        row.key, ...row.values.map((value): Cell => (value === '' ? { shown: element('span', { class: 'quiet' }, 'not there'), text: '' } : value)),
      ]),
    })],
  };
}

function pictures(series: SeriesJson): Rendered {
  const host = element('div', { class: 'card' });
  const time = element('span', { class: 'cursor-time' });
  const onCursor = (second: number | null): void => {
    time.replaceChildren(...(second === null
      ? ['move over a picture to read values of all runs; drag to zoom, double-click to see all']
      : series.start_unix_s === null
        ? [element('b', {}, `${clock(second)} after each start`)]
        : [element('b', {}, `${dayMonth(second)} ${clock(second)}`), ' UTC']));
  };
  let asset = 0;
  let venue = 0;
  const show = (): void => drawings.show('compare', host, comparePanes(series, asset, venue, runNames, stamp, onCursor));
  onCursor(null);
  queueMicrotask(show);
  return {
    lead: (series.start_unix_s === null ? 'Hours and minutes since the start of each run.' : 'All times UTC.')
      + ' One colour a run in all pictures, one scale of values for all runs. Hatched: no data.',
    body: [
      element('div', { class: 'toolbar' },
        choice(series.assets.map((row) => row.name), 0, (index) => { asset = index; show(); }, 'Asset'),
        ...(series.funds.length > 1
          ? [choice(series.funds.map((row) => `fund ${row.venue}`), 0, (index) => { venue = index; show(); }, 'Fund')] : []),
        element('div', { class: 'legend' }, ...runNames.map((_name, k) => runMark(k))),
        element('span', { class: 'screen-only' }, time)),
      host,
    ],
  };
}

layOut('compare', main, {
  title: `Comparison: ${data.title}`,
  about: 'Differences are to run 1: blue for the better, red-orange for the worse.',
  answer: data.answer,
  warnings: data.warnings,
  stamp,
  more: [runsTable()],
}, {
  levels,
  happened: () => (data.series === null || data.series.assets.length === 0 ? null : pictures(data.series)),
  figures,
  settings,
}, `Margincall stress lab. ${stamp}`);

drawings.follow(main);
