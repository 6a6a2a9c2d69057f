import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { RunJson } from '../src/model/run';
import { forcedTables, groupInputs } from '../src/view/sections';

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

// Enough of a document to read the text of the cells back.
class Plain {
  children: (Plain | string)[] = [];
  title = '';
  setAttribute(): void {}
  addEventListener(): void {}
  append(...more: (Plain | string)[]): void { this.children.push(...more); }
  text(): string { return this.children.map((child) => (typeof child === 'string' ? `${child}|` : child.text())).join(''); }
}

test('forced closings are shown as shares, ADL in steps and fills', () => {
  Object.assign(globalThis, { document: { createElement: () => new Plain() } });
  const run = {
    run: { id: '', seed: '7', hash: '', digest: '' },
    forced: [{ venue: 'A', coin: 'BTC', book_usd: 60e6, takeover_usd: 30e6, adl_usd: 10e6 }],
    adl_venues: [{ venue: 'D', usd: 5e6, accounts: 4, steps: 2, fills: 6 }],
  } as unknown as RunJson;

  const text = forcedTables(run).map((node) => (node as unknown as Plain).text()).join('').replaceAll('\u00a0', ' ');

  assert.ok(text.includes('A|BTC|$100.0 m|60.0 %|30.0 %|10.0 %|'), text);
  assert.ok(text.includes('D|$5.0 m|4|2|6|'), text);
  assert.deepEqual(forcedTables({ run: run.run, forced: [], adl_venues: [] } as unknown as RunJson), []);
});
