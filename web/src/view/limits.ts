// How the limits of a scenario stand: kept, kept at times, broken, not judged.
import { element } from './dom';

export interface LimitVerdict {
  verdict: number; // 0 kept, 1 at times, 2 broken, 3 not judged
  word: string;
  text: string;
  figure: string;
}

const marks = ['✓', '~', '✗', '?'];
const styles = ['kept', 'close', 'broken', 'unknown'];

export function limitList(limits: LimitVerdict[]): HTMLElement[] {
  return limits.length === 0 ? [] : [element('section', { class: 'answer' },
    element('ul', { class: 'verdicts' },
      ...limits.map((limit) => element('li', { class: styles[limit.verdict] ?? '' },
        element('span', { class: 'word' }, `${marks[limit.verdict] ?? ''} ${limit.word}`), ` ${limit.text}: ${limit.figure}`))))];
}
