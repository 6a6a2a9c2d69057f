// The page of `margincall adl-lab`: what was computed, what was read, wave by wave. All figures come ready from the
// program; the page only lays them out.
import './style.css';

import { barsPicture } from './chart/bars';
import { barsOf, parseAdl, percent } from './model/adl';
import { element } from './view/dom';
import { Drawings } from './view/drawings';
import { layOut, titleOf, type Rendered, type SectionOf } from './view/page';
import { tablesOnly } from './view/program_table';

const data = parseAdl(document.getElementById('adl-data')!.textContent ?? '');
const main = document.getElementById('report')!;
const stamp = `auto-deleveraging of ${data.title}`;
const drawings = new Drawings();

const tables = (section: SectionOf<'adl'>): Rendered | null => tablesOnly(data.tables, section, titleOf('adl', section), stamp);

function hardest(): Rendered | null {
  const bars = barsOf(data.bars);
  return bars.length === 0 ? null : {
    lead: 'Of its equity before the first wave, for which everybody is still there; the thin line is the range of the deals.',
    body: [drawings.card('hardest', () => [barsPicture({
      title: titleOf('adl', 'hardest'),
      unit: 'share of equity',
      name: 'hardest-hit',
      stamp,
      bars: bars.map((bar) => ({ label: bar.name, from: 0, to: bar.median, low: bar.low, high: bar.high, shown: bar.text, colour: '--loss' })),
      tick: percent,
    })])],
  };
}

layOut('adl', main, {
  title: `Auto-deleveraging: ${data.title}`,
  about: '',
  answer: data.answer,
  stamp,
}, {
  computed: () => tables('computed'),
  hardest,
  waves: () => tables('waves'),
  read: () => tables('read'),
  assumptions: () => ({ body: [element('ul', {}, ...data.assumptions.map((sentence) => element('li', {}, sentence)))] }),
}, `Margincall. ${stamp}`);

drawings.follow(main);
