import assert from 'node:assert/strict';
import { test } from 'node:test';

import { groupInputs } from '../src/view/sections';

test('inputs are grouped by the table of the scenario that they stand in', () => {
  const groups = groupInputs([
    ['agents.maker.firms', '4', 'assumed', ''],
    ['clock.length', '49 h', 'assumed', ''],
    ['agents.maker.levels', '10', 'assumed', ''],
    ['schema', '1', 'assumed', ''],
    ['venues.A.rules.fee', '1 bp', 'reported', ''],
  ]);

  assert.deepEqual(groups.map(([group, rows]) => [group, rows.length]),
    [['agents.maker', 2], ['clock', 1], ['schema', 1], ['venues.A', 1]]);
});
