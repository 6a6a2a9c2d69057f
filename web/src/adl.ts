// The page of `margincall adl-lab`: what was read, what was computed, wave by wave. All figures come ready from the
// program; the page only lays them out.
import './style.css';

import { barsOf, parseAdl } from './model/adl';
import type { TableJson } from './model/stress';
import { button, element, table } from './view/dom';
import { downloadCsv } from './view/export';

const data = parseAdl(document.getElementById('adl-data')!.textContent ?? '');
const main = document.getElementById('report')!;
const stamp = `auto-deleveraging of ${data.title}`;

function tableSection(source: TableJson): HTMLElement {
  const save = button('CSV', () => downloadCsv(source.key, stamp, source.head, source.rows), 'tool',
    `Save the table "${source.title}" as CSV`);
  return element('section', {},
    element('h2', {}, source.title, ' ', element('span', { class: 'tools' }, save)),
    element('p', { class: 'note' }, source.note),
    table(source.head.map((title, k) => ({ title, style: k === 0 ? 'label' : 'number' })), source.rows,
      source.head.length > 5 ? 'tight wide' : 'tight'));
}

function bars(): HTMLElement[] {
  const shown = barsOf(data.bars);
  if (shown.length === 0) {
    return [];
  }
  return [element('section', {},
    element('h2', {}, 'Computed: what the hardest hit account gives'),
    element('p', { class: 'note' }, 'Of its equity before its first wave, over all waves; the thin line is the range of the deals.'),
    element('div', { class: 'card bars', role: 'img', 'aria-label': shown.map((bar) => `${bar.name} ${bar.text}`).join('; ') },
      ...shown.map((bar) => element('div', { class: 'bar-row' },
        element('span', { class: 'bar-name' }, bar.name),
        element('span', { class: 'bar-track' },
          element('span', { class: 'bar-fill', style: `width: ${(bar.width * 100).toFixed(2)}%` }),
          element('span', { class: 'bar-range', style: `left: ${(bar.from * 100).toFixed(2)}%; width: ${((bar.to - bar.from) * 100).toFixed(2)}%` })),
        element('span', { class: 'bar-text' }, bar.text)))))];
}

const byWave = (source: TableJson): boolean => source.key.startsWith('wave-');

main.replaceChildren(
  element('header', {}, element('h1', {}, `Auto-deleveraging: ${data.title}`),
    ...data.answer.map((sentence) => element('p', { class: 'about' }, sentence))),
  ...data.tables.filter((t) => !byWave(t)).map(tableSection),
  ...bars(),
  ...data.tables.filter(byWave).map(tableSection),
  element('section', {}, element('h2', {}, 'Assumed, and not in the data'),
    element('ul', {}, ...data.assumptions.map((sentence) => element('li', {}, sentence)))),
  element('footer', {}, `Margincall. ${stamp}`));
