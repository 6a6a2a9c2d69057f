// The page of `margincall judge`: fourteen statements of the press, one verdict each.
import { bandText, valueText, verdictAnswer, type PriceGates, type Verdict } from '../model/causes';
import { chip, type Tone } from './dom';
import { layOut } from './page';
import { command, facts } from './sections';
import { dataTable, number, type Cell } from './table';

export interface VerdictData {
  command: string;
  scenario: string;
  title: string;
  worlds: string;
  policies: string;
  notes: string[];
  price_gates: PriceGates;
  verdicts: Verdict[];
}

export const verdictTones: Record<Verdict['verdict'], Tone> = { supported: 'kept', contradicted: 'broken', 'not identified': 'unknown' };

// The figure on its interval, on a scale that has 0, and of a fraction 100 %.
export function intervalBar(low: number, value: number, high: number, unit: string): SVGElement {
  const name = 'http://www.w3.org/2000/svg';
  const [from, to] = [Math.min(0, low), Math.max(unit === 'fraction' ? 1 : 0, high)];
  const place = (at: number): number => 6 + ((at - from) / (to - from || 1)) * 138;
  const svg = document.createElementNS(name, 'svg');
  svg.setAttribute('class', 'gauge');
  svg.setAttribute('viewBox', '0 0 150 18');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', `${valueText(unit, value)}, 5 to 95 %: ${bandText(unit, low, high)}`);
  const add = (tag: string, attributes: Record<string, string | number>): void => {
    const node = document.createElementNS(name, tag);
    Object.entries(attributes).forEach(([key, of]) => node.setAttribute(key, String(of)));
    svg.append(node);
  };
  add('line', { x1: 6, x2: 144, y1: 9, y2: 9, stroke: 'var(--line)', 'stroke-width': 1 });
  add('line', { x1: place(0), x2: place(0), y1: 2, y2: 16, stroke: 'var(--soft)', 'stroke-width': 1.2 });
  add('rect', { x: place(low), y: 5, width: Math.max(place(high) - place(low), 1.5), height: 8, rx: 2, fill: 'var(--gain-soft)' });
  add('circle', { cx: place(value), cy: 9, r: 4, fill: 'var(--gain)' });
  return svg;
}

function figureCells(verdict: Verdict): Cell[] {
  const { measured, low, high, unit } = verdict;
  if (measured === null) {
    return [number('', [null, null, null]), ''];
  }
  const [from, to] = [low ?? measured, high ?? measured];
  return [
    number(from === to ? valueText(unit, measured) : `${valueText(unit, measured)} [${bandText(unit, from, to)}]`, [measured, from, to]),
    { shown: intervalBar(from, measured, to, unit), text: bandText(unit, from, to) },
  ];
}

export function verdictPage(main: HTMLElement, data: VerdictData): void {
  const stamp = `${data.scenario} · worlds ${data.worlds === '' ? 'none' : data.worlds} · policies ${data.policies === '' ? 'none' : data.policies}`;
  const gates = data.price_gates;
  layOut('verdict', main, {
    title: `Verdict: ${data.title}`,
    about: 'Statements of the press about 4 November 2025, each judged by a figure of the model’s worlds and by what was measured.',
    answer: [
      verdictAnswer(data.verdicts),
      'None is supported by the model alone: where nothing was measured of reality, the verdict is “not identified”.',
      ...(gates.state === 'met' ? [] : [`Shares of a price are void: ${gates.reason}.`]),
      ...(data.notes.length === 0 ? [] : [`Judged by: ${data.notes.join('; ')}.`]),
    ],
    warnings: data.worlds === '' ? ['No worlds are given: what needs them is not identified.'] : [],
    stamp,
  }, {
    statements: () => ({
      lead: 'Figure: median and 5 to 95 % over worlds (a change under a policy: mean and 90 % interval). The bar shows it on a scale from 0, a part of '
        + 'a whole on one to 100 %.',
      body: [dataTable({
        name: 'verdict', title: 'Statements', quietTitle: true, stamp, most: data.verdicts.length,
        columns: [
          { title: '', kind: 'text', csv: ['id'] }, { title: 'Statement', kind: 'text' }, { title: 'Verdict', kind: 'text' }, { title: 'What was computed', kind: 'prose' },
          { title: 'Figure', kind: 'number', csv: ['measured', 'low', 'high'] }, { title: 'Interval', kind: 'text', csv: ['interval'] },
          { title: 'Worlds', kind: 'number' }, { title: 'Why', kind: 'prose' },
        ],
        rows: data.verdicts.map((verdict) => [
          verdict.id, verdict.statement, { shown: chip(verdictTones[verdict.verdict], verdict.verdict), text: verdict.verdict }, verdict.figure,
          ...figureCells(verdict), number(String(verdict.worlds), verdict.worlds), verdict.reason,
        ]),
      })],
    }),
    facts: () => ({
      lead: 'Of reality, with what kind of source: measured, or reported by somebody.',
      body: [dataTable({
        name: 'verdict-facts', title: 'What was measured', quietTitle: true, stamp, most: data.verdicts.length,
        columns: [{ title: '', kind: 'text', csv: ['id'] }, { title: 'Measured or reported', kind: 'text' }],
        rows: data.verdicts.map((verdict) => [verdict.id, verdict.fact === '' ? 'nothing' : verdict.fact]),
      })],
    }),
    reproduce: () => ({
      body: [...command(data.command), facts([
        ['scenario', data.scenario], ['worlds', data.worlds === '' ? 'none' : data.worlds], ['policies', data.policies === '' ? 'none' : data.policies],
        ['gates of price formation', `${gates.state}${gates.reason === '' ? '' : `: ${gates.reason}`}`],
      ])],
    }),
  }, `Margincall stress lab. ${stamp}`);
}
