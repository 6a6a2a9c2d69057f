import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { csvCell, csvText, sevenDigits } from '../src/view/csv';

test('CSV names the run, quotes what needs it and leaves unknown values empty', () => {
  assert.equal(
    csvText('seed 7', ['time_utc', 'price, USD'], [['2025-11-04T00:01:00Z', sevenDigits(Math.fround(98944.36))], ['a "b"', null]]),
    '# seed 7\ntime_utc,"price, USD"\n2025-11-04T00:01:00Z,98944.36\n"a ""b""",\n');
});

test('numbers are written whole, and a stamp stays on its line', () => {
  assert.equal(csvText('a\n=b', ['x'], [[1940000128.25], [1 / 3], [Number.NaN]]), '# a =b\nx\n1940000128.25\n0.3333333333333333\n\n');
});

// The same table is held against the program's writer (tests/desk/csv_test.cpp).
test('cells are those of the program, and none is run by a spreadsheet', () => {
  const cells = JSON.parse(readFileSync(process.env.MC_CSV_CELLS ?? '../tests/data/csv_cells.json', 'utf8')) as [string, string][];
  assert.ok(cells.length > 20);
  for (const [text, cell] of cells) {
    assert.equal(csvCell(text), cell, JSON.stringify(text));
  }
});
