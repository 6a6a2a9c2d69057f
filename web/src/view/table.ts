// The one table of all pages. Its contract: it is never wider than the place it stands in, from a phone to
// paper. What does not fit is set smaller; what still does not fit becomes a list of records with the
// heads of the columns beside the values. Numbers stand at the right, identifiers as they are, and the CSV
// has the numbers unrounded.
import { noData, tied } from '../model/format';
import type { CsvValue } from './csv';
import { button, element, type Child } from './dom';
import { downloadCsv } from './export';

// label: what the row is about; id: somebody's name, shown letter by letter; prose: a sentence, small.
export type ColumnKind = 'label' | 'id' | 'number' | 'text' | 'prose';

export interface Column {
  title: string;
  kind: ColumnKind;
  strong?: boolean;
  quiet?: boolean;
  csv?: string[]; // heads in the CSV where a cell holds several numbers or the title is short for the eye
}

// A number as it is shown and as it is.
export interface NumberCell {
  shown: Child;
  value: number | null | (number | null)[];
}
// Something drawn, and what it says.
export interface DrawnCell {
  shown: Node;
  text: string;
}
// The label of the row above once more: for the CSV and for those who hear the table.
export interface AgainCell {
  again: true;
  shown: string;
  text: string;
}
export type Cell = string | NumberCell | DrawnCell | AgainCell;

export interface TableOptions {
  name: string; // of the CSV file
  title: string; // a heading above it; with `quietTitle` only read out
  quietTitle?: boolean;
  note?: string;
  columns: Column[];
  rows: Cell[][];
  stamp: string;
  most?: number; // rows shown before the rest is folded
  style?: string;
}

export const foldedAfter = 12;

export function number(shown: Child, value: NumberCell['value']): NumberCell {
  return { shown, value };
}

function contentOf(cell: Cell): Child {
  const shown = typeof cell === 'string' ? cell : cell.shown;
  return typeof shown === 'string' ? tied(shown) : shown;
}

function textOf(cell: Cell): string {
  if (typeof cell === 'string') {
    return cell;
  }
  return 'text' in cell ? cell.text : typeof cell.shown === 'string' ? cell.shown : cell.shown.textContent ?? '';
}

export function csvHead(columns: Column[]): string[] {
  return columns.flatMap((column) => column.csv ?? [column.title === '' ? 'item' : column.title]);
}

// A number; where there is none, the words that stand for it.
function oneValue(cell: NumberCell): CsvValue {
  const text = textOf(cell);
  return cell.value !== null && !Array.isArray(cell.value) && Number.isFinite(cell.value) ? cell.value : text === noData ? '' : text;
}

// As many values as the column has heads.
export function csvRow(columns: Column[], cells: Cell[]): CsvValue[] {
  return columns.flatMap((column, k): CsvValue[] => {
    const cell = cells[k] ?? '';
    const values: CsvValue[] = typeof cell !== 'string' && 'value' in cell
      ? (Array.isArray(cell.value) ? cell.value : [oneValue(cell)]) : [column.kind === 'label' ? textOf(cell).trim() : textOf(cell)];
    const wanted = column.csv?.length ?? 1;
    return [...values, ...new Array<CsvValue>(Math.max(wanted - values.length, 0)).fill(null)].slice(0, wanted);
  });
}

// A column of identifiers or sentences may break, but not into crumbs; identifiers only where they must.
const crumbs: Partial<Record<ColumnKind, string>> = { id: 'var(--crumb)', prose: '20ch', text: '12ch', label: '14ch' };

function narrowest(column: Column, k: number, rows: Cell[][]): string {
  const most = crumbs[column.kind];
  if (most === undefined) {
    return '';
  }
  const longest = Math.max(column.title.length, ...rows.map((row) => textOf(row[k] ?? '').length));
  return `min-width: min(${longest}ch, ${most})`;
}

function classOf(column: Column): string {
  return [column.kind, column.strong === true ? 'strong' : '', column.quiet === true ? 'quiet' : '']
    .filter((name) => name !== '').join(' ');
}

export function dataTable(options: TableOptions): HTMLElement {
  const { columns, rows, title } = options;
  const widths = columns.map((column, k) => narrowest(column, k, rows));
  const head = element('tr', { role: 'row' }, ...columns.map((column, k) =>
    element('th', { class: classOf(column), scope: 'col', role: 'columnheader', style: widths[k]! }, column.title)));
  const most = options.most ?? foldedAfter;
  // Folding two rows away would save nothing.
  const folds = rows.length > most + 3;
  const body = rows.map((cells, r) => element('tr', { role: 'row', class: folds && r >= most ? 'folded' : '' },
    ...columns.map((column, k) => {
      const cell = cells[k] ?? '';
      return element('td', {
        class: `${classOf(column)}${textOf(cell) === '' ? ' nothing' : ''}${typeof cell !== 'string' && 'again' in cell ? ' again' : ''}`, role: 'cell', 'data-title': column.title, style: widths[k]!,
      }, contentOf(cell));
    })));
  const grid = element('table', { role: 'table', 'aria-label': title, class: options.style ?? '' },
    element('thead', { role: 'rowgroup' }, head), element('tbody', { role: 'rowgroup' }, ...body));
  const node = element('div', { class: `table${options.style?.split(' ').includes('narrow') === true ? ' narrow' : ''}` });
  if (options.quietTitle !== true) {
    node.append(element('h3', {}, title));
  }
  if (options.note !== undefined && options.note !== '') {
    node.append(element('p', { class: 'note' }, options.note));
  }
  const save = button('CSV', () => downloadCsv(options.name, options.stamp, csvHead(columns),
    rows.map((cells) => csvRow(columns, cells))), 'tool', `Save the table "${title}" as CSV`);
  const foot = element('div', { class: 'table-foot' });
  if (folds) {
    const all = button(`Show all ${rows.length} rows`, () => {
      const open = grid.classList.toggle('unfolded');
      all.textContent = open ? `Show the first ${most} only` : `Show all ${rows.length} rows`;
      all.setAttribute('aria-expanded', String(open));
    }, 'more');
    all.setAttribute('aria-expanded', 'false');
    foot.append(all, element('span', { class: 'print-only' }, `The first ${most} of ${rows.length} rows; all of them are in the page and its CSV.`));
  }
  foot.append(element('span', { class: 'tools' }, save));
  node.append(grid, foot);
  follow(node);
  return node;
}

// --- how a table is made to fit ---

const steps = ['', 'compact', 'compact broken', 'compact broken tiny', 'compact broken stacked']; // tiny: on paper only
const followed = new Set<HTMLElement>();
const widths = new WeakMap<HTMLElement, number>();
let observer: ResizeObserver | null = null;

function fit(node: HTMLElement): void {
  const grid = node.querySelector('table');
  if (grid === null || node.clientWidth === 0) {
    return;
  }
  for (const step of steps) {
    node.classList.remove('compact', 'broken', 'tiny', 'stacked');
    node.classList.add(...step.split(' ').filter((name) => name !== ''));
    if (grid.offsetWidth <= node.clientWidth) {
      break;
    }
  }
}

function follow(node: HTMLElement): void {
  if (typeof ResizeObserver === 'undefined') {
    return; // tests without a browser
  }
  observer ??= new ResizeObserver((entries) => entries.forEach(({ target }) => {
    const host = target as HTMLElement;
    if (widths.get(host) !== host.clientWidth) {
      widths.set(host, host.clientWidth);
      fit(host);
    }
  }));
  observer.observe(node);
  followed.add(node);
}

// All tables of the page, at once: what paper needs, for which no frame is waited.
export function fitTables(): void {
  for (const node of followed) {
    if (node.isConnected) {
      widths.set(node, node.clientWidth);
      fit(node);
    } else {
      observer?.unobserve(node);
      followed.delete(node);
    }
  }
}

