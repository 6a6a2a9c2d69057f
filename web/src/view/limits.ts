// How the limits of a scenario stand: kept, kept at times, broken, not judged.
import type { Tone } from './dom';
import type { Verdict } from './page';

export interface LimitVerdict {
  verdict: number; // 0 kept, 1 at times, 2 broken, 3 not judged
  word: string;
  text: string;
  figure: string;
}

const tones: Tone[] = ['kept', 'close', 'broken', 'unknown'];

export function limitVerdicts(limits: LimitVerdict[]): Verdict[] {
  return limits.map((limit) => ({ tone: tones[limit.verdict] ?? 'unknown', word: limit.word, text: `${limit.text}: ${limit.figure}` }));
}
