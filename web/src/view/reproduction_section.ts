// How close forced selling was to feeding itself: R through time, and R against price ("where would a
// cascade start and end").
import { coinColour, drawAgainstPrice, reproductionPane } from '../chart/reproduction_chart';
import { moment } from '../model/format';
import { decodeCurves, feedingRanges, rangesText, type ReproductionJson } from '../model/reproduction';
import type { RunJson } from '../model/run';
import { button, element } from './dom';
import type { Drawings } from './drawings';
import { downloadCanvas, downloadCsv } from './export';

export const reproductionTitle = 'How close forced selling was to feeding itself';
export const reproductionLead = 'R is what the next half percent of the price sets off by force over what stands against it there, as the largest '
  + 'eigenvalue over the coins; each step shows its largest sample. Lower prices are looked at with every liquidation map: accounts as they '
  + 'stand, makers\' quotes moved along with the price, patient bids where they rest. Nobody reacts in it.';

export function reproductionBody(data: ReproductionJson, run: RunJson, stamp: string, drawings: Drawings): HTMLElement[] {
  const through = element('div', { class: 'card' });
  const against = element('div', { class: 'card' });
  queueMicrotask(() => drawings.showPanes('reproduction', through, [reproductionPane(data, run, stamp)]));
  const curves = decodeCurves(data);
  const finite = (values: Float32Array): number[] => Array.from(values).filter((value) => Number.isFinite(value));
  const largest = Math.max(0, ...curves.flatMap((curve) => [...finite(curve.all), ...finite(curve.withStops)]));
  const top = Math.max(0.1, Math.min(largest * 1.08, 5)); // one scale for all; what is above touches the edge
  const canvases = curves.map(() => element('canvas', { class: 'map' }));
  against.replaceChildren(...curves.map((curve, i) => {
    const canvas = canvases[i]!;
    const when = `${curve.label}, ${moment(run.run.start_unix_s + curve.atS)} UTC`;
    const text = rangesText(feedingRanges(curve.fall, curve.all));
    const name = `reproduction-against-price-${curve.label.replaceAll(' ', '-')}`;
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', `R against price ${when}: ${text}`);
    return element('div', { class: 'pane' },
      element('div', { class: 'pane-head' },
        element('h3', {}, 'R against price ', element('span', { class: 'unit' }, `${when}. ${text}.`)),
        element('span', { class: 'tools' },
          button('PNG', () => downloadCanvas(canvas, `R against price ${when}`, stamp, name), 'tool'),
          button('CSV', () => downloadCsv(name, stamp,
            ['fall', 'all_coins', 'with_stop_orders', ...data.coins.map((coin) => coin.name)],
            Array.from(curve.fall, (fall, k) => [fall, curve.all[k]!, curve.withStops[k]!, ...curve.coins.map((own) => own[k]!)])), 'tool'))),
      canvas);
  }));
  queueMicrotask(() => drawings.show('reproduction-price', against,
    (width) => canvases.forEach((canvas, i) => drawAgainstPrice(canvas, curves[i]!, top, width))));
  const legend = element('div', { class: 'legend' },
    element('span', { class: 'key' }, element('span', { class: 'swatch', style: 'border-color: var(--loss)' }), 'all coins'),
    element('span', { class: 'key' }, element('span', { class: 'swatch dashed', style: 'border-color: var(--soft)' }), 'with stop orders'),
    ...data.coins.map((coin, k) => element('span', { class: 'key' },
      element('span', { class: 'swatch', style: `border-color: var(${coinColour(k)})` }), `${coin.name} by itself`)));
  return curves.length > 0 ? [through, legend, against] : [through];
}
