import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bandTimes, bins, convergence, quantile, type BandsJson } from '../src/model/bands';
import type { RunJson } from '../src/model/run';
import { measuredAt } from '../src/view/bands_section';

const encoded = (values: number[]): string => Buffer.from(new Float32Array(values).buffer).toString('base64');

test('bins cover exactly the range and hold every value', () => {
  const out = bins([1, 2, 3, 4, 9]);
  assert.equal(out.from, 1);
  assert.ok(Math.abs(out.from + out.width * out.counts.length - 9) < 1e-12);
  assert.equal(out.counts.reduce((a, b) => a + b), 5);
  assert.deepEqual(bins([7, 7]).counts, [2]);
});

test('quantiles are those of the program', () => {
  assert.equal(quantile([1, 2, 4, 8], 0.5), 3);
  assert.equal(quantile([1, 2, 4, 8], 1), 8);
});

test('convergence ends with the quantiles of all paths', () => {
  const values = Array.from({ length: 200 }, (_unused, k) => (k * 37) % 200);
  const out = convergence(values);
  assert.equal(out.paths.length, 60);
  assert.equal(out.paths.at(-1), 200);
  assert.equal(out.p50.at(-1), 99.5);
});

test('the measured path stands at the ends of the steps of the bands', () => {
  const bands = { step_s: 1800, curves: [{ p50: encoded([1, 2, 3, 4]) }] } as BandsJson;
  const times = bandTimes(bands, { run: { start_unix_s: 7200 } } as RunJson);
  assert.deepEqual(times, [9000, 10800, 12600, 14400]);
  assert.deepEqual(measuredAt(times, 7200, { source: '', step_s: 3600, price: encoded([50, 60]) }), [null, 50, 50, 60]);
  assert.deepEqual(measuredAt(times, 7200, null), [null, null, null, null]);
});
