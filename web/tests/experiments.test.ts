import assert from 'node:assert/strict';
import test from 'node:test';

import {
  crossAnswer, effectText, externalityAnswer, perMillion, tellingOf, warnAnswer, type CrossJson, type ExternalityJson, type Indicator, type PairedEffect, type WarnJson,
} from '../src/model/experiments';

const effect = (state: PairedEffect['state'], mean: number, half: number): PairedEffect => ({ state, n: 20, mean, low: mean - half, high: mean + half });
const none: PairedEffect = { state: 'none', n: 20, mean: 0, low: 0, high: 0 };

test('an effect whose interval holds 0 is not known, and no difference is none', () => {
  assert.equal(effectText('USD', effect('known', 2e9, 1e9)), '$2.00 bn [$1.00 bn … $3.00 bn]');
  assert.match(effectText('USD', effect('not known', 1e9, 2e9)), /not known$/);
  assert.equal(effectText('USD', none), 'none');
  assert.equal(effectText('USD', { state: 'too few seeds', n: 1 }), '—');
  assert.equal(perMillion(effect('known', 2e-3, 1e-3)).high, 3e3);
});

const figure = (label: string, price: boolean, events: PairedEffect, state: PairedEffect): CrossJson['figures'][number] => ({
  name: label, label, unit: price ? 'fraction' : 'USD', price, cells: [null, null, null, null], events, state, interaction: none,
});
const cross = (state: CrossJson['price_gates']['state']): CrossJson => ({
  version: '', core: '', days: ['one', 'two'], events_have: [], seed_from: 1, seeds: 20, drawn: true, core_hours: 1, price_gates: { state, reason: 'the gate', missed: [] }, cells: [],
  figures: [figure('fall', true, effect('known', -0.1, 0.05), none), figure('forced', false, effect('not known', 1, 2), effect('known', -2e9, 1e9))],
});

test('the answer says which of events and state is known to matter, and nothing of prices that are void', () => {
  assert.deepEqual(crossAnswer(cross('met')).length, 2);
  assert.match(crossAnswer(cross('met'))[0]!, /^fall: the events of two in place of those of one change it by/);
  const voided = crossAnswer(cross('missed'));
  assert.match(voided[0]!, /^forced: the state of two/);
  assert.match(voided[1]!, /void: the gate/);
});

const indicator = (label: string, auc: number | null, low: number | null): Indicator => ({
  name: label, label, unit: 'USD', warns_when: 'high', positives: 10, negatives: 100, auc, auc_low: low, auc_high: low === null ? null : 1, threshold: null, crashes: 3, announced: 1,
  lead_minutes: { n: 0, p05: null, p50: null, p95: null }, false_alarms_a_week: null,
});
const warn = (crashes: number): WarnJson => ({
  version: '', core: '', scenario: '', title: '', scenario_hash: '', seed_from: 1, drawn: true, runs: 20, minutes: 1000, falls: 5, crashes, runs_with_crash: crashes, positive_minutes: 10,
  negative_minutes: 100, base_rate: 0.1, indicators: [indicator('a', 0.7, 0.4), indicator('b', 0.6, 0.55), indicator('c', 0.9, 0.8), indicator('d', null, null)],
});

test('an indicator tells when its interval leaves out chance, and without a crash nothing is known', () => {
  assert.deepEqual(tellingOf(warn(3)).map((one) => one.label), ['c', 'b']);
  assert.match(warnAnswer(warn(3))[0]!, /^2 of 4 indicators do better than chance: c \(AUC 0.90\) and b \(AUC 0.60\)\.$/);
  assert.match(warnAnswer(warn(0))[0]!, /nothing is known/);
});

test('a group is named when what it adds is known, per million dollars', () => {
  const group = (name: string, per: PairedEffect): ExternalityJson['groups'][number] => ({
    by: 'leverage', name, set: [], open_interest_usd: null, step_usd: null, effects: [{ figure: 'loss', per_dollar: per, contribution_usd: none }],
  });
  const data: ExternalityJson = {
    version: '', core: '', scenario: '', title: '', scenario_hash: '', seed_from: 1, seeds: 20, drawn: true, step: 0.1, core_hours: 1,
    figures: [{ name: 'loss', label: 'loss', unit: 'USD', with_everybody: null }], groups: [group('low', effect('not known', 1, 2)), group('high', effect('known', 2e-3, 1e-3))],
  };
  assert.match(externalityAnswer(data)[0]!, /^What a million dollars of open interest more add \(loss\): of leverage high \$2,000 \[/);
  assert.match(externalityAnswer({ ...data, groups: data.groups.slice(0, 1) })[0]!, /no group/);
});
