// How close forced selling was to feeding itself: R through time, and R against price ("where would a
// cascade start and end").
import { againstPricePicture, coinColour, reproductionPane } from '../chart/reproduction_chart';
import { decodeCurves, type ReproductionJson } from '../model/reproduction';
import type { RunJson } from '../model/run';
import { element } from './dom';
import type { Drawings } from './drawings';

export const reproductionLead = 'R is what the next half percent of the price sets off by force over what stands against it there, as the largest '
  + 'eigenvalue over the coins; each step shows its largest sample. Lower prices are looked at with every liquidation map: accounts as they '
  + 'stand, makers\' quotes moved along with the price, patient bids where they rest. Nobody reacts in it.';

export function reproductionBody(data: ReproductionJson, run: RunJson, stamp: string, drawings: Drawings): HTMLElement[] {
  const through = drawings.card('reproduction', () => [reproductionPane(data, run, stamp)]);
  const curves = decodeCurves(data);
  if (curves.length === 0) {
    return [through];
  }
  const finite = (values: Float32Array): number[] => Array.from(values).filter((value) => Number.isFinite(value));
  const largest = Math.max(0, ...curves.flatMap((curve) => [...finite(curve.all), ...finite(curve.withStops)]));
  const top = Math.max(0.1, Math.min(largest * 1.08, 5)); // one scale for all; what is above touches the edge
  const legend = element('div', { class: 'legend' },
    element('span', { class: 'key' }, element('span', { class: 'swatch', style: 'border-color: var(--loss)' }), 'all coins'),
    element('span', { class: 'key' }, element('span', { class: 'swatch dashed', style: 'border-color: var(--soft)' }), 'with stop orders'),
    ...data.coins.map((coin, k) => element('span', { class: 'key' },
      element('span', { class: 'swatch', style: `border-color: var(${coinColour(k)})` }), `${coin.name} by itself`)));
  return [through, legend, drawings.card('reproduction-price',
    () => curves.map((curve) => againstPricePicture(curve, data.coins.map((coin) => coin.name), top, run.run.start_unix_s, stamp)))];
}
