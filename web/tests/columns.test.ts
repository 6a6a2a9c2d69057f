import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bucketSums, bucketWidth, gaps, known, maxOf, overlay, positive, scaled, stacked } from '../src/model/columns';

const nan = Number.NaN;

test('known turns what is not a number into null', () => {
  assert.deepEqual(known(new Float32Array([1, nan, 0])), [1, null, 0]);
  assert.deepEqual(scaled([1, nan], -2), [-2, null]);
});

test('only positive values can stand on a logarithmic axis', () => {
  assert.deepEqual(positive([0, -1, 2, nan]), [null, null, 2, null]);
});

test('bucket sums keep "no data" apart from zero', () => {
  assert.deepEqual(bucketSums([1, 2, nan, nan, nan, 0, 5], 2), [3, null, 0, 5]);
});

test('bucket width is a readable length of time', () => {
  assert.equal(bucketWidth(2940, 60, 300), 10); // 49 h of minutes: 10 min bars
  assert.equal(bucketWidth(100, 60, 300), 1);
  assert.equal(bucketWidth(10_000_000, 60, 300), 33334); // longer than any nice length
});

test('stacking counts unknown parts as nothing and unknown wholes as unknown', () => {
  assert.deepEqual(stacked([[1, nan, nan], [2, 3, nan]]), [[1, 0, null], [3, 3, null]]);
  assert.deepEqual(stacked([]), []);
});

test('gaps are the ranges where every series is empty', () => {
  assert.deepEqual(gaps([[null, 1, null, null], [null, null, null, null]]), [[0, 0], [2, 3]]);
  assert.deepEqual(gaps([[1, 2]]), []);
});

test('a measured path is shown where its steps end', () => {
  const times = [60, 120, 180, 240]; // steps of one minute from 0
  assert.deepEqual(overlay(times, 0, { stepS: 120, price: [10, 20] }), [null, 10, null, 20]);
});

test('a measured path longer than the run is cut', () => {
  assert.deepEqual(overlay([60, 120], 0, { stepS: 60, price: [1, 2, 3] }), [1, 2]);
});

test('maximum ignores unknown values', () => {
  assert.equal(maxOf([[1, null, 3], [nan, 2]]), 3);
});
