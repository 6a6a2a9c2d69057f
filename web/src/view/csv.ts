// CSV as src/base/csv_cell.hpp writes it: RFC 4180, and nothing that a spreadsheet runs. Both are held to
// tests/data/csv_cells.json.

export type CsvValue = string | number | null;

const formula = '=+-@\t\r';
// Thousands not grouped or exactly as in 1,234,567.
const isNumber = (text: string): boolean => /^[+-]?((\d{1,3}(,\d{3})+|\d+)(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text);

// A text that a spreadsheet would run gets a ' in front, and so does one that looks like such a guarded text.
function guarded(text: string): string {
  const rest = text.replace(/^'*/, '');
  const quoted = rest.length < text.length;
  return rest !== '' && formula.includes(rest[0]!) && (quoted || !isNumber(rest)) ? `'${text}` : text;
}

export function csvCell(text: string): string {
  const safe = guarded(text);
  return /[,;"\r\n\t]/.test(safe) || /^[# ]/.test(safe) || / $/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

// The digits that a float32 column holds: seven.
export const sevenDigits = (value: number | null): number | null =>
  (value === null || !Number.isFinite(value) ? null : Number(value.toPrecision(7)));

export function csvText(stamp: string, header: string[], rows: CsvValue[][]): string {
  const cell = (value: CsvValue): string =>
    (value === null ? '' : typeof value === 'number' ? (Number.isFinite(value) ? String(value) : '') : csvCell(value));
  // The first line says which run the figures are from; a stamp with a line break would end it.
  return [`# ${stamp.replace(/[\r\n]+/g, ' ')}`, ...[header, ...rows].map((row) => row.map(cell).join(','))].join('\n') + '\n';
}
