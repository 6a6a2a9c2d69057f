import assert from 'node:assert/strict';
import { test } from 'node:test';

import { barsOf } from '../src/model/adl';

test('bars are longest first, without rules that have no figure', () => {
  const bars = barsOf([
    { name: 'pro-rata', median: 0.1, low: 0.05, high: 0.2 },
    { name: 'unknown', median: null, low: null, high: null },
    { name: 'profit-only', median: 0.4, low: 0.4, high: 0.4 },
  ]);
  assert.deepEqual(bars.map((bar) => bar.name), ['profit-only', 'pro-rata']);
  assert.equal(bars[0]!.text, '40.0 %');
  assert.equal(bars[1]!.low, 0.05);
  assert.equal(bars[1]!.text, '10.0 % (5.0 % to 20.0 %)');
});

test('a share beyond a whole equity ends at the edge and says what it is', () => {
  const bars = barsOf([
    { name: 'position-haircut', median: 1.5, low: 0.9, high: 1.6 },
    { name: 'pro-rata', median: 0.4, low: 0.3, high: 0.5 },
  ]);
  assert.deepEqual([bars[0]!.median, bars[0]!.low, bars[0]!.high], [1, 0.9, 1]);
  assert.equal(bars[0]!.text, '150.0 % (90.0 % to 160.0 %)');
});

test('without a figure there is no bar', () => {
  assert.deepEqual(barsOf([]), []);
});
