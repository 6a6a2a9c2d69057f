// The page of `margincall compare`: runs in columns, differences in colour, and their pictures on one
// scale. All figures come ready from the program; the page only lays them out.
import 'uplot/dist/uPlot.min.css';
import './style.css';

import { comparePanes, runColour } from './chart/compare_panes';
import { coinOf, levelRows, parseCompare, type ComparedRow, type SeriesJson } from './model/compare';
import { clock, dayMonth, noData } from './model/format';
import { button, choice, element, table, type TableColumn } from './view/dom';
import { Drawings } from './view/drawings';
import { downloadCsv } from './view/export';

const data = parseCompare(document.getElementById('compare-data')!.textContent ?? '');
const stamp = data.runs.map((run, k) => `run ${k + 1}: ${run.name}`).join(' · ');
const main = document.getElementById('report')!;
const drawings = new Drawings();
const runNames = data.runs.map((_run, k) => `run ${k + 1}`);

function runMark(index: number): HTMLElement {
  return element('span', { class: 'run-mark' },
    element('span', { class: 'swatch', style: `border-color: var(${runColour(index)})` }), runNames[index]!);
}

function header(): HTMLElement {
  const node = element('header', {},
    element('h1', {}, `Comparison: ${data.title}`),
    element('p', { class: 'about' }, 'Differences are to run 1: blue for the better, red-orange for the worse.'));
  for (const warning of data.warnings) {
    node.append(element('p', { class: 'warning' }, warning));
  }
  const facts = [...new Set(data.runs.flatMap((run) => run.facts.map(([name]) => name)))];
  node.append(table(
    [{ title: '' }, { title: 'Folder' }, ...facts.map((name) => ({ title: name, style: 'small' }))],
    data.runs.map((run, k) => [
      runMark(k), run.name,
      ...facts.map((name) => run.facts.find(([known]) => known === name)?.[1] ?? ''),
    ]), 'runs'));
  return node;
}

const tones = new Map([[1, 'better'], [-1, 'worse']]);

function difference(row: ComparedRow | undefined, run: number): HTMLElement {
  const tone = tones.get(row?.tone[run] ?? 0) ?? 'even';
  return element('span', { class: tone }, row?.difference[run] ?? '');
}

const others = data.runs.map((_run, k) => k).slice(1);

// One line a level: start, minimum and end of each run, and of each the difference to the first.
function levels(): HTMLElement[] {
  const rows = levelRows(data.rows);
  if (rows.length === 0) {
    return [];
  }
  const coins = [...new Set(rows.map((row) => coinOf(row.key)))].filter((name) => name !== '');
  const host = element('div', {});
  const parts = [['start', 'actual'], ['minimum', 'minimum'], ['end', 'end']] as const;
  const columns: TableColumn[] = [
    { title: '', style: 'label' }, { title: '' },
    ...runNames.map((title) => ({ title, style: 'number strong' })),
    ...others.map((k) => ({ title: `${runNames[k]!} less run 1`, style: 'number' })),
  ];
  const show = (index: number): void => {
    const shown = rows.filter((row) => coinOf(row.key) === '' || coinOf(row.key) === coins[index]);
    host.replaceChildren(table(columns, shown.flatMap((row) => parts.map(([part, name], i) => {
      const at = row.parts.get(part);
      return [
        i === 0 ? row.label : '', element('span', { class: 'quiet' }, name),
        ...runNames.map((_name, k) => at?.shown[k] ?? noData),
        ...others.map((k) => difference(at, k)),
      ];
    })), 'levels'));
  };
  show(0);
  return [element('section', {},
    element('h2', {}, 'Actual, minimum, end'),
    element('p', { class: 'note' }, 'Actual is the value at the start, end the last one; over the whole run.'),
    ...(coins.length > 1 ? [element('div', { class: 'toolbar' }, choice(coins, 0, show, 'Coin'))] : []),
    host)];
}

function figures(): HTMLElement {
  const rows = data.rows.filter((row) => row.part === '');
  const heads = ['figure', ...runNames, ...others.map((k) => `${runNames[k]!} less run 1`)];
  const save = button('CSV', () => downloadCsv('compare-figures', stamp, heads,
    rows.map((row) => [row.label, ...row.shown, ...others.map((k) => row.difference[k]!)])), 'tool', 'Save the figures as CSV');
  return element('section', {},
    element('h2', {}, 'Headline figures ', element('span', { class: 'tools' }, save)),
    ...data.notes.map((note) => element('p', { class: 'note' }, note)),
    table([
      { title: '', style: 'label' },
      ...runNames.map((title) => ({ title, style: 'number strong' })),
      ...others.map((k) => ({ title: `${runNames[k]!} less run 1`, style: 'number' })),
    ], rows.map((row) => [row.label, ...row.shown, ...others.map((k) => difference(row, k))])));
}

function settings(): HTMLElement {
  const section = element('section', {}, element('h2', {}, 'What was set differently'));
  if (data.series === null) {
    section.append(element('p', { class: 'note' }, 'Book, market and shock of each stress stand at the top.'));
    return section;
  }
  if (data.settings.length === 0) {
    section.append(element('p', { class: 'note' }, 'Nothing: the resolved scenarios are the same.'));
    return section;
  }
  section.append(table(
    [{ title: 'Key of the resolved scenario' }, ...runNames.map((title) => ({ title, style: 'small' }))],
    data.settings.map((row) => [
      row.key, ...row.values.map((value) => (value === '' ? element('span', { class: 'quiet' }, 'not there') : value)),
    ]), 'tight'));
  return section;
}

function pictures(series: SeriesJson): HTMLElement {
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
  const show = (): void =>
    drawings.showPanes('compare', host, comparePanes(series, asset, venue, runNames, stamp, onCursor));
  onCursor(null);
  const legend = element('div', { class: 'legend' }, ...runNames.map((_name, k) => runMark(k)));
  const section = element('section', {},
    element('h2', {}, 'What happened'),
    element('p', { class: 'note' },
      (series.start_unix_s === null ? 'Hours and minutes since the start of each run.' : 'All times UTC.')
      + ' One colour a run in all pictures, one scale of values for all runs. Hatched: no data.'),
    element('div', { class: 'toolbar' },
      choice(series.assets.map((row) => row.name), 0, (index) => { asset = index; show(); }, 'Asset'),
      ...(series.funds.length > 1
        ? [choice(series.funds.map((row) => `fund ${row.venue}`), 0, (index) => { venue = index; show(); }, 'Fund')] : []),
      legend,
      element('span', { class: 'screen-only' }, time)),
    host);
  queueMicrotask(show);
  return section;
}

main.replaceChildren(
  header(),
  ...(data.series === null
    ? [figures(), ...levels()]
    : [...levels(), ...(data.series.assets.length === 0 ? [] : [pictures(data.series)]), figures()]),
  settings(),
  element('footer', {}, `Margincall stress lab. ${stamp}`));

drawings.follow(main);
