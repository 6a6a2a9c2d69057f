// R of forced selling: a line through time, and R against how far prices would have fallen.
import { known } from '../model/columns';
import { moment } from '../model/format';
import { feedingRanges, highestShown, rangesText, shownRange, type PriceCurve, type ReproductionJson } from '../model/reproduction';
import { decodeColumn, gridTimes, type RunJson } from '../model/run';
import { openCanvas } from './canvas';
import { eventMarks, timeRange } from './crash_strip';
import { niceStep } from './liquidation_map';
import { Pane } from './pane';
import { colour, lineColours, type Colour } from './theme';
import { Picture } from '../view/picture';

const ratio = (value: number): string => value.toFixed(2);

export function coinColour(index: number): Colour {
  return lineColours[index % lineColours.length]!;
}

export function reproductionPane(data: ReproductionJson, run: RunJson, stamp: string): Pane {
  const beyond = data.max > highestShown ? `; what is above ${highestShown} leaves the picture, the largest is ${ratio(data.max)}` : '';
  return new Pane({
    title: 'R of forced selling',
    unit: `dollars closed by force that a dollar of forced selling sets off; at 1 it feeds itself${beyond}`,
    fileName: 'reproduction',
    times: gridTimes(run),
    lines: [
      { label: 'all coins', colour: '--loss', values: known(decodeColumn(data.all)), width: 1.8 },
      { label: 'with stop orders', colour: '--soft', values: known(decodeColumn(data.with_stops)), width: 1 },
      ...data.coins.map((coin, k) => ({
        label: coin.name, colour: coinColour(k), values: known(decodeColumn(coin.own)), width: 1.1,
      })),
    ],
    height: 190,
    format: ratio,
    tick: (value, step) => value.toFixed(step < 0.1 ? 2 : 1),
    timeAxis: true,
    range: timeRange(run),
    events: eventMarks(run),
    fixedRange: shownRange(data.max),
    syncKey: 'reproduction',
    stamp,
    legendWidth: 5,
  });
}

const height = 220;
const left = 74;
const upper = 10;
const bottom = height - 40;

// Where a fall stands, CSS pixels; the same for what is drawn and for the cursor.
function fallX(curve: PriceCurve, fall: number, width: number): number {
  return left + (fall / (curve.fall[curve.fall.length - 1] ?? 0.3)) * (width - 12 - left);
}

export function againstPricePicture(curve: PriceCurve, coins: string[], top: number, startS: number, stamp: string): Picture {
  const when = `${curve.label}, ${moment(startS + curve.atS)} UTC`;
  const text = rangesText(feedingRanges(curve.fall, curve.all));
  return new Picture({
    title: 'R against price',
    unit: `${when}. ${text}`,
    name: `reproduction-against-price-${curve.label.replaceAll(' ', '-')}`,
    stamp,
    about: text,
    paint: (canvas, width) => drawAgainstPrice(canvas, curve, top, width),
    csv: () => ({
      head: ['fall', 'all_coins', 'with_stop_orders', ...coins],
      rows: Array.from(curve.fall, (fall, k) => [fall, curve.all[k]!, curve.withStops[k]!, ...curve.coins.map((own) => own[k]!)]),
    }),
    cursor: {
      count: curve.fall.length,
      place: (k, width) => ({ x: fallX(curve, curve.fall[k]!, width) }),
      read: (k) => `${(-100 * curve.fall[k]!).toFixed(1)} %: R ${ratio(curve.all[k]!)}, with stop orders ${ratio(curve.withStops[k]!)}`,
    },
  });
}

function drawAgainstPrice(canvas: HTMLCanvasElement, curve: PriceCurve, top: number, width: number): void {
  const ctx = openCanvas(canvas, width, height);
  const right = width - 12;
  const furthest = curve.fall[curve.fall.length - 1] ?? 0.3;
  const x = (fall: number): number => fallX(curve, fall, width);
  const y = (r: number): number => bottom - (Math.min(r, top) / top) * (bottom - upper);
  const step = niceStep(top, 4);
  ctx.textAlign = 'right';
  for (let r = 0; r <= top; r += step) {
    ctx.fillStyle = colour('--grid');
    ctx.fillRect(left, y(r), right - left, 1);
    ctx.fillStyle = colour('--soft');
    ctx.fillText(r.toFixed(step < 0.1 ? 2 : 1), left - 7, y(r));
  }
  ctx.textAlign = 'center';
  for (let fall = 0; fall <= furthest + 1e-9; fall += 0.05) {
    ctx.fillText(fall === 0 ? 'now' : `−${(100 * fall).toFixed(0)} %`, x(fall), bottom + 12);
  }
  ctx.fillText('fall of every mark from where it stands', (left + right) / 2, bottom + 30);
  const line = (values: Float32Array, name: Colour, thick: number, dash: number[]): void => {
    ctx.strokeStyle = colour(name);
    ctx.lineWidth = thick;
    ctx.setLineDash(dash);
    ctx.beginPath();
    let open = false;
    for (let k = 0; k < values.length; k++) {
      const value = values[k]!;
      if (!Number.isFinite(value)) {
        open = false;
        continue;
      }
      if (open) {
        ctx.lineTo(x(curve.fall[k]!), y(value));
      } else {
        ctx.moveTo(x(curve.fall[k]!), y(value));
      }
      open = true;
    }
    ctx.stroke();
    ctx.setLineDash([]);
  };
  if (top >= 1) {
    ctx.fillStyle = colour('--loss');
    ctx.fillRect(left, y(1), right - left, 1);
  }
  curve.coins.forEach((values, k) => line(values, coinColour(k), 1.1, []));
  line(curve.withStops, '--soft', 1, [5, 3]);
  line(curve.all, '--loss', 1.8, []);
}
