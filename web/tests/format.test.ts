import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as format from '../src/model/format';

// The same cases as tests/report/format_test.cpp: page and terminal must agree.
test('money is short and signed', () => {
  assert.equal(format.money(1.93e9), '$1.93 bn');
  assert.equal(format.money(-1.2e6), '−$1.2 m');
  assert.equal(format.money(999_499), '$999,499');
  assert.equal(format.money(999_500), '$1.0 m');
  assert.equal(format.money(999.96e6), '$1.00 bn');
  assert.equal(format.money(0), '$0');
  assert.equal(format.money(-0.2), '$0');
  assert.equal(format.money(null), '—');
});

test('prices keep the digits that matter', () => {
  assert.equal(format.price(98_944.36), '$98,944');
  assert.equal(format.price(187.6), '$187.60');
  assert.equal(format.price(2.525), '$2.5250');
});

test('axis labels are as short as their step allows', () => {
  assert.equal(format.moneyTick(1_500_000_000, 500_000_000), '$1.5 bn');
  assert.equal(format.moneyTick(2_000_000_000, 1_000_000_000), '$2 bn');
  assert.equal(format.moneyTick(1_230_000_000, 10_000_000), '$1.23 bn');
  assert.equal(format.moneyTick(0, 50_000_000), '$0');
  assert.equal(format.moneyTick(-50_000_000, 50_000_000), '−$50 m');
  assert.equal(format.moneyTick(25_000, 5_000), '$25 k');
  assert.equal(format.moneyTick(7_500_000_000, 2_500_000_000), '$7.5 bn');
});

test('times are UTC', () => {
  assert.equal(format.moment(1_762_292_100), '4 Nov 21:35');
  assert.equal(format.duration(600), '10 min');
  assert.equal(format.duration(5400), '1.5 h');
});

test('a number and its unit are not parted at the end of a line', () => {
  assert.equal(format.tied('BTC −30 % in 5 min: $1.2 bn of 20 000'), 'BTC −30\u00a0% in 5\u00a0min: $1.2\u00a0bn of 20 000');
  assert.equal(format.tied('the 20 makers and 3 markets'), 'the 20 makers and 3 markets');
});
