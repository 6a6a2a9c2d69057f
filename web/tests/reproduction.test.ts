import assert from 'node:assert/strict';
import { test } from 'node:test';

import { feedingRanges, highestShown, rangesText, shownRange } from '../src/model/reproduction';

const falls = [0, 0.005, 0.01, 0.015, 0.02];

test('a cascade feeds itself where R is 1 or more, until the first step below', () => {
  assert.deepEqual(feedingRanges(falls, [0.2, 1, 1.4, 0.9, 0.3]), [[0.005, 0.015]]);
  assert.deepEqual(feedingRanges(falls, [1.2, 0.4, 0.4, 1.1, 1.3]), [[0, 0.005], [0.015, 0.02]]);
  assert.deepEqual(feedingRanges(falls, [0.2, 0.99, 0.4, 0.9, 0.3]), []);
});

test('where nothing bids it feeds itself, too', () => {
  assert.deepEqual(feedingRanges(falls, [0.2, Number.NaN, 0.4, 0.9, 0.3]), [[0.005, 0.01]]);
});

test('ranges are said in words', () => {
  assert.match(rangesText([]), /stays below 1/);
  assert.match(rangesText([[0.005, 0.015], [0.03, 0.03]]), /from 0\.5 % to 1\.5 %, at 3\.0 %/);
});

test('the picture through time ends at 2, and above the largest R of a calm day', () => {
  assert.deepEqual(shownRange(115), [0, highestShown]);
  assert.deepEqual(shownRange(0.5), [0, 0.54]);
  assert.deepEqual(shownRange(0), [0, 0.1]);
});
