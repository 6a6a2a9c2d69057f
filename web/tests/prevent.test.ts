import assert from 'node:assert/strict';
import test from 'node:test';

import { worldsNeeded } from '../src/model/losses';
import { byShare, intervalText, keptText, type KeptShare, type TriedSetting } from '../src/model/prevent';

const kept = (count: number, worlds = 20): KeptShare => ({ kept: count, worlds, unknown: 0, share: worlds === 0 ? null : count / worlds, low: 0.25, high: 0.75 });
const tried = (name: string, count: number, levers: number, size: number): TriedSetting => ({
  name, label: name, levers, step: 8, set: {}, changed: [], round: 1, size, holds: false, quiet_cost: null, kept: { all: kept(count), limits: [] },
});

test('settings are listed by how often they keep the limits, the smaller change first of equals', () => {
  const rows = [tried('a', 3, 1, 4), tried('b', 9, 2, 1), tried('c', 9, 1, 2), tried('d', 9, 1, 1)];
  assert.deepEqual(byShare(rows, 3).map((one) => one.name), ['d', 'c', 'b']);
  assert.equal(rows[0]!.name, 'a');
});

test('a share is a count, and no worlds are no share', () => {
  assert.equal(keptText(kept(19)), '19 of 20, 95.0 %');
  assert.equal(intervalText(kept(19)), '25.0 % … 75.0 %');
  assert.equal(keptText(kept(0, 0)), '—');
  assert.equal(intervalText(undefined), '—');
});

test('one world must lie beyond a level', () => {
  assert.deepEqual([90, 95, 99].map(worldsNeeded), [10, 20, 100]);
});
