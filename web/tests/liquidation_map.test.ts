import assert from 'node:assert/strict';
import { test } from 'node:test';

import { binned, cumulative, niceStep, sharedScale } from '../src/chart/liquidation_map';
import type { MapSnapshot } from '../src/model/run';

// low, high, long?, band, USD
function snapshot(price: number, rows: [number, number, boolean, number, number][]): MapSnapshot {
  return {
    label: 'before',
    timeS: 0,
    price,
    low: new Float32Array(rows.map((row) => row[0])),
    high: new Float32Array(rows.map((row) => row[1])),
    isLong: new Float32Array(rows.map((row) => (row[2] ? 1 : 0))),
    band: new Float32Array(rows.map((row) => row[3])),
    usd: new Float32Array(rows.map((row) => row[4])),
    accounts: new Float32Array(rows.map(() => 1)),
  };
}

test('a recorded bin is spread over the drawn bins that it overlaps', () => {
  const bins = binned(snapshot(100, [[90, 96, true, 2, 60]]), 88, 100, 3); // drawn: 88-92, 92-96, 96-100

  assert.deepEqual(bins.map((bin) => Math.round(bin.usd * 1e6) / 1e6), [20, 40, 0]);
  assert.equal(bins[0]!.bands[2], bins[0]!.usd);
});

test('no dollar is lost when bins are redrawn', () => {
  const map = snapshot(100, [[80, 81.7, true, 0, 10], [93.1, 99.9, true, 4, 25], [101, 119, false, 1, 7]]);

  const total = binned(map, 80, 120, 37).reduce((sum, bin) => sum + bin.usd, 0);

  assert.ok(Math.abs(total - 42) < 1e-4);
});

test('curves add up from the current price outwards', () => {
  const map = snapshot(100, [[90, 92, true, 0, 5], [96, 98, true, 0, 3], [104, 106, false, 0, 2]]);

  const sums = cumulative(map, [90, 95, 100, 105, 110]);

  assert.deepEqual(sums.longs, [8, 3, 0, 0, 0]);
  assert.deepEqual(sums.shorts, [0, 0, 0, 2, 2]);
});

test('snapshots share one scale', () => {
  const scale = sharedScale([
    snapshot(100, [[95, 96, true, 0, 5]]),
    snapshot(90, [[85, 86, true, 0, 50], [99, 100, false, 0, 1]]),
  ]);

  assert.equal(scale.from, 85);
  assert.equal(scale.to, 100);
  assert.ok(scale.binMax > 5 && scale.totalMax === 50);
});

test('axis steps are round', () => {
  assert.equal(niceStep(100, 4), 25);
  assert.equal(niceStep(73_000, 9), 10_000);
});
