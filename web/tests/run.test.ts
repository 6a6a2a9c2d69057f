import assert from 'node:assert/strict';
import { test } from 'node:test';

import { decodeColumn, gridTimes, parseRun, type RunJson } from '../src/model/run';

test('a column is base64 of little-endian float32', () => {
  assert.deepEqual([...decodeColumn('AACAPw==')], [1]);
  const column = decodeColumn(Buffer.from(new Float32Array([98944.36, Number.NaN, -0.5]).buffer).toString('base64'));
  assert.ok(Math.abs(column[0]! - 98944.36) < 0.01);
  assert.ok(Number.isNaN(column[1]!));
  assert.equal(column[2], -0.5);
  assert.equal(decodeColumn('').length, 0);
});

test('a file of another format is refused', () => {
  assert.throws(() => parseRun('{"format": 2}'), /reads data format 1, the file has 2/);
});

test('grid times are the ends of the steps', () => {
  const run = { run: { start_unix_s: 1000 }, grid: { step_s: 60, count: 3 } } as RunJson;
  assert.deepEqual(gridTimes(run), [1060, 1120, 1180]);
});
