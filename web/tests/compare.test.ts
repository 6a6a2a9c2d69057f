import assert from 'node:assert/strict';
import { test } from 'node:test';

import { coinOf, levelRows, liquidationBars, parseCompare, stepTimes, type ComparedRow, type SeriesJson } from '../src/model/compare';

const encoded = (values: number[]): string => Buffer.from(new Float32Array(values).buffer).toString('base64');
const asset = (long: number[], short: number[]) => ({
  price: '', long: encoded(long), short: encoded(short), bids: '', asks: '', open_interest: '',
});
const series = (count: number): SeriesJson => ({ start_unix_s: 1000, step_s: 60, count, assets: [], funds: [] });

test('a file of another format is refused', () => {
  assert.throws(() => parseCompare('{"format": 2}'), /reads data format 1, the file has 2/);
});

test('liquidations of all runs have one scale, longs down', () => {
  const bars = liquidationBars([asset([1, 2, 0], [0, 0, 1]), asset([0, 8, 0], [0, 3, NaN]), null], series(3), 10);
  assert.deepEqual(bars.runs[0]!.long, [-1, -2, -0]);
  assert.deepEqual(bars.runs[1]!.short, [0, 3, null]);
  assert.deepEqual(bars.runs[2]!.short, [null, null, null]);
  assert.ok(Math.abs(bars.scale[0] + 8.48) < 1e-9, String(bars.scale));
  assert.ok(Math.abs(bars.scale[1] - 3.48) < 1e-9, String(bars.scale));
});

test('runs without a liquidation still have a scale around zero', () => {
  const { scale } = liquidationBars([asset([0, 0], [0, 0])], series(2), 10);
  assert.ok(scale[0] < 0 && scale[1] > 0);
});

test('times are the ends of the steps, from zero where the starts differ', () => {
  assert.deepEqual(stepTimes(series(2)), [1060, 1120]);
  assert.deepEqual(stepTimes({ ...series(2), start_unix_s: null }), [60, 120]);
});

test('start, minimum and end of a level stand together', () => {
  const row = (key: string, part: ComparedRow['part']): ComparedRow =>
    ({ key, part, label: key, shown: [], values: [], difference: [], mean_difference: [], tone: [] });
  const levels = levelRows([
    row('price.BTC', 'start'), row('price.BTC', 'minimum'), row('price.BTC', 'end'), row('fund.A', 'start'), row('btc_low', ''),
  ]);
  assert.deepEqual(levels.map((level) => [level.key, level.parts.size]), [['price.BTC', 3], ['fund.A', 1]]);
});

test('levels of coins are told from those of venues', () => {
  assert.equal(coinOf('price.BTC'), 'BTC');
  assert.equal(coinOf('bids_1pct.ETH'), 'ETH');
  assert.equal(coinOf('mark.A:BTC-PERP'), 'BTC');
  assert.equal(coinOf('fund.A'), '');
});
