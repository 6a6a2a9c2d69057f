import assert from 'node:assert/strict';
import { test } from 'node:test';

import { csvText } from '../src/view/export';

test('CSV names the run, quotes what needs it and leaves unknown values empty', () => {
  assert.equal(
    csvText('seed 7', ['time_utc', 'price, USD'], [['2025-11-04T00:01:00Z', Math.fround(98944.36)], ['a "b"', null]]),
    '# seed 7\ntime_utc,"price, USD"\n2025-11-04T00:01:00Z,98944.36\n"a ""b""",\n');
});
