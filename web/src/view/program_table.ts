// Tables as the program writes them (src/report/table_json.cpp).
import type { CellJson, TableJson } from '../model/stress';
import type { Rendered } from './page';
import { dataTable, number, type Cell, type Column } from './table';

function cellOf(cell: CellJson): Cell {
  return typeof cell === 'string' ? cell : number(cell[0], cell[1]);
}

// Its title is only read out where the section already says it.
export function programTable(source: TableJson, sectionTitle: string, stamp: string): HTMLElement {
  return dataTable({
    name: source.key,
    title: source.title,
    quietTitle: source.title === sectionTitle,
    note: source.note,
    stamp,
    columns: source.head.map((title, k): Column => ({ title, kind: source.kinds[k] ?? 'text' })),
    rows: source.rows.map((row) => row.map(cellOf)),
  });
}

// A section that is nothing but its tables; null without any.
export function tablesOnly(tables: TableJson[], section: string, sectionTitle: string, stamp: string): Rendered | null {
  const body = tables.filter((source) => source.section === section).map((source) => programTable(source, sectionTitle, stamp));
  return body.length === 0 ? null : { body };
}
