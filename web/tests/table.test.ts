import assert from 'node:assert/strict';
import { test } from 'node:test';

import { csvHead, csvRow, number, type Column } from '../src/view/table';
import { nextPlace } from '../src/view/cursor';
import { lineInWords } from '../src/chart/pane';

const columns: Column[] = [
  { title: '', kind: 'label' }, { title: 'Liquidated', kind: 'number' },
  { title: '5 … 95 %', kind: 'number', csv: ['low', 'high'] }, { title: 'emptied', kind: 'number' },
];

test('the CSV of a table has the numbers unrounded and a column for each end of a band', () => {
  assert.deepEqual(csvHead(columns), ['item', 'Liquidated', 'low', 'high', 'emptied']);
  assert.deepEqual(csvRow(columns, ['BTC low', number('$1.94 bn', 1940123456.7), number('1 … 2', [1.25, null]), number('no', null)]),
    ['BTC low', 1940123456.7, 1.25, null, 'no']);
});

test('a row that is short or empty fills its columns', () => {
  assert.deepEqual(csvRow(columns, ['x', '', number('—', [])]), ['x', '', null, null, '']);
  assert.deepEqual(csvRow(columns, ['x', number('—', null)]).slice(0, 2), ['x', '']);
});

test('arrow keys walk a picture and stop at its ends', () => {
  const go = (key: string, at: number | null, shift = false): number | null | undefined => nextPlace(key, shift, at, [10, 110]);
  assert.equal(go('ArrowRight', null), 10);
  assert.equal(go('ArrowLeft', null), 110);
  assert.equal(go('ArrowRight', 12), 13);
  assert.equal(go('ArrowRight', 12, true), 17);
  assert.equal(go('PageUp', 12), 10);
  assert.equal(go('ArrowRight', 110), 110);
  assert.equal(go('End', 12), 110);
  assert.equal(go('Escape', 12), null);
  assert.equal(go('ArrowDown', 12), undefined, 'scrolls the page');
  assert.equal(nextPlace('ArrowDown', false, 12, [0, 20], 5), 17);
  assert.equal(go('a', 12), undefined);
});

test('a line says its ends and its extremes in words', () => {
  const pane = { format: (value: number) => `$${value}` };
  assert.equal(lineInWords({ label: 'mark', values: [null, 3, 1, 5, 4] }, [0, 60, 120, 180, 240], pane),
    'mark: $3 first, $4 last, lowest $1 at 1 Jan 00:02, highest $5 at 1 Jan 00:03');
  assert.equal(lineInWords({ label: 'mark', values: [2, 2] }, [0, 60], pane), 'mark: $2 throughout');
  assert.equal(lineInWords({ label: 'mark', values: [null] }, [0], pane), 'mark: no data');
});
