import assert from 'node:assert/strict';
import { test } from 'node:test';

import { causeBars } from '../src/chart/cause_bars';
import {
  attributionAnswer, faceOf, familiesOf, largestShares, leadOutcome, parseCauses, policiesAnswer, verdictAnswer,
  type AttributionJson, type Effect, type Outcome, type PoliciesJson, type Share, type Spread, type Verdict,
} from '../src/model/causes';
import { boardPolicies, unknowns } from '../src/view/board_page';

const spread = (mean: number, half = 0): Spread => ({ mean, p05: mean - half, p50: mean, p95: mean + half, se: half, n: 20, next_low: mean - half, next_high: mean + half });
const share = (player: string, part: number, more: Partial<Share> = {}): Share => ({
  player, shapley: spread(-part / 10, 0.01), share: spread(part, 0.1), state: 'identified', removed: spread(-part / 8, 0.01),
  removal_disagrees: false, assumed_part: 0, paired_correlation: 0.9, ...more,
});
const outcome = (name: string, label: string, price: boolean, shares: Share[]): Outcome => ({
  name, label, unit: price ? 'fraction' : 'USD', when: 'over the window', price, seeds: 20, seeds_without_effect: 0, opposed: false,
  all_in: spread(-0.11, 0.01), none_in: spread(-0.01), shares, interactions: [],
});
const attribution = (outcomes: Outcome[], gates = 'met'): AttributionJson => ({
  scenario: 'x', title: 'X', scenario_hash: 'h', core: 'c', version: '0', seed_from: 1, seeds: 20, coalitions: 4, worlds: 80, core_hours: 1,
  off_after_s: 0, price_gates: { state: gates, reason: gates === 'met' ? '' : 'the gates are old' }, incomplete_seeds: [],
  players: [
    { name: 'leverage', label: 'Leverage', off: '', assumed_events: [] }, { name: 'makers', label: 'Makers', off: '', assumed_events: ['e'] },
  ],
  drawn: [], levels: [], outcomes, by_removal_alone: [], sensitivities: [], losses: [],
});

test('data of another format are refused', () => {
  assert.throws(() => parseCauses('{"format": 2}'), /this page reads 1/);
});

test('the answer names what is identified, largest first, and what is not', () => {
  const fall = outcome('btc_fall', 'BTC fall', true, [share('makers', 0.3), share('leverage', 0.7)]);
  const adl = outcome('adl', 'ADL', false, [share('makers', 0.3, { state: 'not identified' })]);
  assert.deepEqual(attributionAnswer(attribution([fall, adl])), [
    'Of BTC fall, Leverage (70 % [60 … 80]) and Makers (30 % [20 … 40]) make more than a tenth each.', 'Of ADL, no cause is identified.',
  ]);
  const small = outcome('adl', 'ADL', false, [share('makers', 0.05), share('leverage', 0.3)]);
  assert.deepEqual(attributionAnswer(attribution([small])), ['Of ADL, Leverage (30 % [20 … 40]) makes more than a tenth; 1 other cause less than 40 %.']);
  const none = outcome('adl', 'ADL', false, [share('makers', 0.05), share('leverage', 0.02)]);
  assert.deepEqual(attributionAnswer(attribution([none])), ['Of ADL, no cause is shown to make more than a tenth; 2 causes less than 40 % each.']);
});

test('a price whose gates are not met has no share in the answer', () => {
  const voided = outcome('btc_fall', 'BTC fall', true, [share('leverage', 0.7, { state: 'void' })]);
  const dollars = outcome('liquidated', 'liquidated', false, [share('leverage', 0.7)]);
  assert.deepEqual(attributionAnswer(attribution([voided], 'stale')), ['Shares of BTC fall are void: the gates are old.']);
  assert.deepEqual(attributionAnswer(attribution([voided, dollars], 'stale')), [
    'Of liquidated, Leverage (70 % [60 … 80]) makes more than a tenth. Shares of a price are void.', 'Shares of BTC fall are void: the gates are old.',
  ]);
  const open = outcome('adl', 'ADL', false, [share('leverage', 0.7, { state: 'not identified' })]);
  assert.equal(attributionAnswer(attribution([voided, open], 'stale'))[0],
    "No cause's share is identified, and shares of BTC fall are void: the gates are old.");
  assert.equal(leadOutcome(attribution([voided, dollars], 'stale'))!.name, 'liquidated');
  assert.equal(leadOutcome(attribution([voided], 'stale'))!.name, 'btc_fall');
});

test('a bar that may not be read says why', () => {
  const fall = outcome('btc_fall', 'BTC fall', true, []);
  const gates = { state: 'stale', reason: '' };
  assert.equal(faceOf(fall, share('makers', 0.3), gates), '');
  assert.equal(faceOf(fall, share('makers', 0.3, { state: 'void' }), gates), 'void: gates stale');
  const open = share('makers', 0.3, { state: 'not identified' });
  assert.equal(faceOf(fall, open, gates), 'not identified: 20 to 40 %');
  assert.equal(faceOf({ ...fall, opposed: true }, open, gates), 'not identified: causes oppose each other');
  assert.equal(faceOf(fall, { ...open, share: null }, gates), 'not identified: nothing to share');
  assert.equal(faceOf(fall, { ...open, share: { ...spread(0.3), next_low: null, next_high: null } }, gates), 'not identified: one seed');
});

test('the waterfall leads from none to all, each bar from the end of the one before', () => {
  const fall = outcome('btc_fall', 'BTC fall', true, [share('makers', 0.3), share('leverage', 0.7)]);
  const bars = causeBars(attribution([fall]), fall, 'averaged');
  assert.deepEqual(bars.map((bar) => bar.label), ['none in', 'Makers', 'Leverage', 'all in']);
  assert.deepEqual(bars.map((bar) => bar.from.toFixed(3)), ['0.000', '-0.010', '-0.040', '0.000']);
  assert.equal(bars[2]!.to.toFixed(3), '-0.110');
  assert.equal(bars[2]!.low!.toFixed(3), '-0.120');
  assert.equal(bars[3]!.to, -0.11);
  assert.deepEqual(bars.map((bar) => bar.colour), ['--price', '--loss', '--loss', '--price']);
});

test('taken out alone, every bar begins at zero', () => {
  const fall = outcome('btc_fall', 'BTC fall', true, [share('makers', 0.4), share('leverage', 0.8)]);
  const bars = causeBars(attribution([fall]), fall, 'alone');
  assert.deepEqual(bars.map((bar) => [bar.label, bar.from, bar.to]), [['Makers', 0, -0.05], ['Leverage', 0, -0.1]]);
});

test('grey is what is void or not identified; the assumed part has its own colour', () => {
  const dollars = outcome('liquidated', 'liquidated', false, [
    share('makers', 0.3, { state: 'not identified', assumed_part: 0.5 }), share('leverage', 0.5, { shapley: spread(100, 5), assumed_part: 0.25 }),
  ]);
  const bars = causeBars(attribution([dollars]), dollars, 'averaged').slice(1, -1);
  assert.deepEqual(bars.map((bar) => bar.colour), ['--index', '--loss', '--mark']);
  assert.equal(bars[0]!.face, 'not identified: 20 to 40 %');
  assert.equal(bars[2]!.to - bars[2]!.from, 25);
  assert.equal(bars[2]!.part, 'Leverage, on assumed sizes');
  assert.equal(bars[1]!.high, undefined, 'whiskers stand on top');
});

test('fixed times stand beside the low', () => {
  const families = familiesOf([outcome('btc_fall', 'BTC fall', true, []), outcome('btc_fall_1', 'at one', true, []), outcome('adl', 'ADL', false, [])]);
  assert.deepEqual(families.map((family) => [family.label, family.outcomes.length]), [['BTC fall', 2], ['ADL', 1]]);
});

test('the largest causes are those that add most, in either direction', () => {
  const fall = outcome('btc_fall', 'BTC fall', true, [share('a', 0.1), share('b', -0.6), share('c', 0.3)]);
  assert.deepEqual(largestShares(fall, 2).map((one) => one.player), ['b', 'c']);
});

const policies = (effects: Effect[][], order: string[], more: Partial<PoliciesJson['rankings'][number]> = {}): PoliciesJson => ({
  version: '0', price_gates: { state: 'met', reason: '' },
  figures: [{ metric: 'liquidated_true_usd', label: 'forced dollars', unit: 'USD', more_is_better: false, price: false }],
  policies: effects[0]!.map((_effect, k) => ({ name: `p${k}`, label: `P${k}`, group: '', about: '', assumes: '', set: {} })),
  days: effects.map((row, d) => ({
    scenario: `d${d}`, title: `D${d}`, scenario_hash: '', core: '', quiet: false, seed_from: 1, seeds: 2, core_hours: 0,
    policies: row.map((effect, k) => ({ name: `p${k}`, changed: [], figures: [{ metric: 'liquidated_true_usd', effect, n: 2 }] })),
  })),
  rankings: [{ metric: 'liquidated_true_usd', order, sign_flips: [], not_clear: [], ...more }],
});

test('what lowers and what raises forced dollars, and what is in no order', () => {
  assert.deepEqual(policiesAnswer(policies([['helps', 'harms', 'not clear'], ['helps', 'not clear', 'not clear']], ['p0', 'p1'], { not_clear: ['p2'] })), [
    'Over 2 crash days, P0 lowers forced dollars.', 'P1 raises it.', 'Not clear on any crash day: 1 of 3; more seeds may tell.',
  ]);
  assert.deepEqual(policiesAnswer(policies([['harms']], ['p0'])), ['Over the crash day, no policy clearly lowers forced dollars.', 'P0 raises it.']);
  assert.ok(policiesAnswer(policies([['helps'], ['harms']], [], { sign_flips: ['p0'] })).includes(
    'In no order, because what helps on one day harms on another: P0.'));
});

test('prices under policies are void without the gates', () => {
  const data = policies([['helps']], ['p0']);
  data.price_gates = { state: 'missed', reason: 'a loop is too strong' };
  assert.ok(policiesAnswer(data).includes('What is said of prices is void: a loop is too strong.'));
});

test('the board shows what helps most and what harms most', () => {
  assert.deepEqual(boardPolicies(['a', 'b', 'c']), ['a', 'b', 'c']);
  assert.deepEqual(boardPolicies(['a', 'b', 'c', 'd', 'e', 'f', 'g']), ['a', 'b', 'c', 'f', 'g']);
});

const verdict = (id: string, word: Verdict['verdict']): Verdict => ({
  id, statement: '', verdict: word, figure: '', unit: '', measured: null, low: null, high: null, worlds: 0, reason: '', fact: '',
});

test('verdicts are counted by word', () => {
  assert.equal(verdictAnswer([verdict('S1', 'contradicted'), verdict('S2', 'not identified'), verdict('S3', 'contradicted')]),
    'Of 3 statements, none supported, 2 contradicted (S1, S3), 1 not identified (S2).');
});

test('what is not known is listed from what the data leave open', () => {
  const open = outcome('adl', 'ADL', false, [share('leverage', 0.7, { state: 'not identified' }), share('makers', 0.3)]);
  const data = { command: '', attribution: { ...attribution([open], 'stale'), incomplete_seeds: [7] }, limits: [], policies: null, verdicts: [verdict('S2', 'not identified')] };
  assert.deepEqual(unknowns(data), [
    "Any cause's share in a fall of prices: the gates are old.", 'What Leverage contributed to ADL.',
    'The true size of events of Makers: it is assumed.', 'What seeds 7 say: worlds of theirs are not there.',
    'What other rules would have done: no policy was tested beside this.', 'Whether S2 of what was said are true.',
  ]);
  const closed = { ...data, attribution: attribution([outcome('adl', 'ADL', false, [share('leverage', 0.7)])]), policies: policies([['helps']], ['p0']), verdicts: null };
  assert.deepEqual(unknowns(closed), ['The true size of events of Makers: it is assumed.']);
});
