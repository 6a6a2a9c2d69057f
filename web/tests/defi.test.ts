import assert from 'node:assert/strict';
import { test } from 'node:test';

import { debtBelow, healthBins } from '../src/chart/health_chart';
import { batchScale, powerOfTen } from '../src/chart/incident_chart';
import { stages, type HealthSnapshot } from '../src/model/defi';

// lower bound, upper bound, USD
function snapshot(rows: [number, number, number][]): HealthSnapshot {
  return {
    label: 'before',
    timeS: 0,
    low: new Float32Array(rows.map((row) => row[0])),
    high: new Float32Array(rows.map((row) => row[1])),
    debt: new Float32Array(rows.map((row) => row[2])),
  };
}

test('snapshots share their bins and one scale, and the bin below one is always there', () => {
  const bins = healthBins([snapshot([[1.05, 1.1, 5], [1.1, 1.15, 2]]), snapshot([[1, 1.05, 7], [1.1, 1.15, 1]])]);

  assert.deepEqual(bins.bounds, [0.95, 1, 1.05, 1.1]);
  assert.deepEqual(bins.usd, [[0, 0, 5, 2], [0, 7, 0, 1]]);
  assert.equal(bins.max, 7);
});

test('all debt below the first bound is one bin', () => {
  const bins = healthBins([snapshot([[0, 0.9, 4], [1, 1.05, 2]])]);

  assert.equal(bins.bounds[0], 0.85);
  assert.equal(bins.usd[0]![0], 4);
});

test('debt below a health factor counts whole bins', () => {
  const at = snapshot([[0, 0.9, 1], [1, 1.05, 2], [1.05, 1.1, 4], [1.1, 1.15, 8]]);

  assert.equal(debtBelow(at, 1.1), 7);
});

test('stages are ranges of steps', () => {
  assert.deepEqual(stages([0, 0, 1, 2, 2]), [
    { stage: 0, from: 0, to: 1 }, { stage: 1, from: 2, to: 2 }, { stage: 2, from: 3, to: 4 },
  ]);
  assert.deepEqual(stages([]), []);
});

test('an invariant that does not converge has no place on the logarithmic axis', () => {
  const scale = batchScale({
    name: '', timeS: 0, stolenEth: 0, stolenUsd: null,
    stage: new Float32Array([0, 1, 2]),
    invariant: new Float32Array([6.8e21, 0, 2434]),
    share: new Float32Array([1, 0, 0.5]),
  });

  assert.equal(scale.low, 3);
  assert.equal(scale.high, 22);
});

test('powers of ten are written as people write them', () => {
  assert.equal(powerOfTen(21), '10²¹');
  assert.equal(powerOfTen(-3), '10⁻³');
});
