// What causes add, as bars: from nobody in to everybody in, or each taken out alone. What may not be read is grey
// and says why; what rests on assumed sizes of events has its own colour.
import { faceOf, labelOf, signedText, valueText, type AttributionJson, type Outcome, type Share } from '../model/causes';
import type { Bar } from './bars';
import type { Colour } from './theme';

export const assumedColour: Colour = '--mark';
export const voidColour: Colour = '--index';

export type Mode = 'averaged' | 'alone';

// A fall is worse the lower it is; of dollars and accounts more is worse.
function shareColour(outcome: Outcome, share: Share, by: number): Colour {
  if (share.state !== 'identified') {
    return voidColour;
  }
  return (outcome.price ? by < 0 : by > 0) ? '--loss' : '--gain';
}

function barsOf(data: AttributionJson, outcome: Outcome, share: Share, from: number, mode: Mode): Bar[] {
  const spread = mode === 'averaged' ? share.shapley : share.removed;
  const label = labelOf(data, share.player);
  const face = faceOf(outcome, share, data.price_gates);
  if (spread === null) {
    return [{ label, from, to: from, shown: 'not known', colour: voidColour, face }];
  }
  const to = from + spread.mean;
  const whiskers = spread.n > 1 ? { low: from + spread.p05, high: from + spread.p95 } : {};
  const assumed = share.assumed_part > 0 && share.state === 'identified';
  const bar: Bar = { label, from, to, shown: signedText(outcome.unit, spread.mean), colour: shareColour(outcome, share, spread.mean), face };
  return assumed
    ? [bar, { label: '', part: `${label}, on assumed sizes`, from: to - spread.mean * share.assumed_part, to, shown: '', colour: assumedColour, ...whiskers }]
    : [{ ...bar, ...whiskers }];
}

export function causeBars(data: AttributionJson, outcome: Outcome, mode: Mode): Bar[] {
  const [none, all] = [outcome.none_in, outcome.all_in];
  if (none === null || all === null) {
    return [];
  }
  if (mode === 'alone') {
    return outcome.shares.flatMap((share) => barsOf(data, outcome, share, 0, mode));
  }
  const bars: Bar[] = [{ label: 'none in', from: 0, to: none.mean, shown: valueText(outcome.unit, none.mean), colour: '--price' }];
  let at = none.mean;
  for (const share of outcome.shares) {
    bars.push(...barsOf(data, outcome, share, at, mode));
    at += share.shapley?.mean ?? 0;
  }
  bars.push({
    label: 'all in', from: 0, to: all.mean, shown: valueText(outcome.unit, all.mean), colour: '--price',
    ...(all.n > 1 ? { low: all.p05, high: all.p95 } : {}),
  });
  return bars;
}
