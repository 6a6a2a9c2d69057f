// Liquidation map: what would be liquidated if the mark price touched each level. One picture a moment,
// all with the same two axes, so that heights can be compared between them.
import { money, moment, moneyTick, price } from '../model/format';
import type { Asset, MapSnapshot } from '../model/run';
import { sevenDigits } from '../view/csv';
import { legendKey } from '../view/dom';
import { Picture } from '../view/picture';
import { openCanvas } from './canvas';
import { axisWidth } from './pane';
import { axisFont, bandColours, colour } from './theme';

export const bandNames = ['≤ 5×', '5–10×', '10–25×', '25–50×', '> 50×'];

export interface MapScale {
  from: number; // price
  to: number;
  binMax: number; // USD in one bin
  totalMax: number; // USD on one cumulative curve
  binWidth: number; // price
}

interface Bin {
  low: number;
  high: number;
  bands: number[]; // USD per leverage band
  usd: number;
}

// Bins of a snapshot on the shared price grid: recorded bins are spread over `count` equal ones.
export function binned(map: MapSnapshot, from: number, to: number, count: number): Bin[] {
  const width = (to - from) / count;
  const bins: Bin[] = Array.from({ length: count }, (_unused, k) => ({
    low: from + k * width,
    high: from + (k + 1) * width,
    bands: bandNames.map(() => 0),
    usd: 0,
  }));
  for (let i = 0; i < map.usd.length; i++) {
    const low = map.low[i]!;
    const high = map.high[i]!;
    const band = Math.min(Math.max(Math.round(map.band[i]!), 0), bandNames.length - 1);
    // A recorded bin gives each drawn bin the part that overlaps it.
    const last = Math.min(Math.floor((high - from) / width), count - 1);
    for (let slot = Math.max(Math.floor((low - from) / width), 0); slot <= last; slot++) {
      const bin = bins[slot]!;
      const shared = Math.min(high, bin.high) - Math.max(low, bin.low);
      const usd = high > low ? (map.usd[i]! * Math.max(shared, 0)) / (high - low) : 0;
      bin.bands[band]! += usd;
      bin.usd += usd;
    }
  }
  return bins;
}

// USD liquidated on the way from the current price outwards: longs to the left, shorts to the right.
export function cumulative(map: MapSnapshot, levels: number[]): { longs: number[]; shorts: number[] } {
  const current = map.price ?? NaN;
  const longs = levels.map(() => 0);
  const shorts = levels.map(() => 0);
  for (let i = 0; i < map.usd.length; i++) {
    const middle = (map.low[i]! + map.high[i]!) / 2;
    for (let k = 0; k < levels.length; k++) {
      const level = levels[k]!;
      if (map.isLong[i]! > 0 && level <= current && middle >= level) {
        longs[k]! += map.usd[i]!;
      } else if (map.isLong[i]! === 0 && level >= current && middle <= level) {
        shorts[k]! += map.usd[i]!;
      }
    }
  }
  return { longs, shorts };
}

const binCount = 150;
const reach = 0.3; // of the price, to both sides

function levelsOf(scale: MapScale): number[] {
  return Array.from({ length: binCount + 1 }, (_unused, k) => scale.from + (k * (scale.to - scale.from)) / binCount);
}

// One scale for all snapshots of the asset.
export function sharedScale(maps: MapSnapshot[]): MapScale {
  const prices = maps.map((map) => map.price).filter((value): value is number => value !== null);
  let lowest = Infinity;
  let highest = -Infinity;
  for (const map of maps) {
    for (let i = 0; i < map.usd.length; i++) {
      if (map.usd[i]! > 0) {
        lowest = Math.min(lowest, map.low[i]!);
        highest = Math.max(highest, map.high[i]!);
      }
    }
  }
  const from = Math.max(lowest, Math.min(...prices) * (1 - reach));
  const to = Math.min(highest, Math.max(...prices) * (1 + reach));
  const scale: MapScale = { from, to, binMax: 0, totalMax: 0, binWidth: (to - from) / binCount };
  const levels = levelsOf(scale);
  for (const map of maps) {
    for (const bin of binned(map, from, to, binCount)) {
      scale.binMax = Math.max(scale.binMax, bin.usd);
    }
    const sums = cumulative(map, levels);
    scale.totalMax = Math.max(scale.totalMax, ...sums.longs, ...sums.shorts);
  }
  return scale;
}

// A round step that gives about `count` labels.
export function niceStep(span: number, count: number): number {
  const raw = span / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const factor = [1, 2, 2.5, 5, 10].find((f) => f * power >= raw) ?? 10;
  return factor * power;
}

// Where a price stands, CSS pixels.
function placeOf(value: number, scale: MapScale, width: number): number {
  const side = axisWidth(width);
  return side + ((value - scale.from) / (scale.to - scale.from)) * (width - 2 * side);
}

export function drawMap(
  canvas: HTMLCanvasElement, map: MapSnapshot, asset: Pick<Asset, 'name'>, scale: MapScale, width: number, bottomAxis: boolean): void {
  const height = bottomAxis ? 214 : 186;
  const ctx = openCanvas(canvas, width, height);
  const left = axisWidth(width);
  const right = width - left;
  const top = 20;
  const bottom = height - (bottomAxis ? 38 : 10);
  const x = (value: number): number => placeOf(value, scale, width);
  const yBin = (usd: number): number => bottom - (usd / (scale.binMax * 1.06 || 1)) * (bottom - top);
  const yTotal = (usd: number): number => bottom - (usd / (scale.totalMax * 1.06 || 1)) * (bottom - top);

  ctx.lineWidth = 1;
  const binStep = niceStep(scale.binMax || 1, 4);
  ctx.textAlign = 'right';
  for (let usd = 0; usd <= scale.binMax * 1.06; usd += binStep) {
    ctx.strokeStyle = colour('--grid');
    line(ctx, left, yBin(usd), right, yBin(usd));
    ctx.fillStyle = colour('--soft');
    ctx.fillText(moneyTick(usd, binStep), left - 7, yBin(usd));
  }
  const totalStep = niceStep(scale.totalMax || 1, 4);
  ctx.textAlign = 'left';
  ctx.fillStyle = colour('--soft');
  for (let usd = 0; usd <= scale.totalMax * 1.06; usd += totalStep) {
    ctx.fillText(moneyTick(usd, totalStep), right + 7, yTotal(usd));
  }
  const priceStep = niceStep(scale.to - scale.from, Math.min(9, Math.max(2, Math.floor((right - left) / 75))));
  ctx.textAlign = 'center';
  for (let value = Math.ceil(scale.from / priceStep) * priceStep; value <= scale.to; value += priceStep) {
    ctx.strokeStyle = colour('--grid');
    line(ctx, x(value), top, x(value), bottom);
    if (bottomAxis) {
      ctx.fillStyle = colour('--soft');
      ctx.fillText(price(value), x(value), bottom + 12);
    }
  }
  if (bottomAxis) {
    ctx.fillStyle = colour('--soft');
    ctx.fillText(`mark price, USD per ${asset.name}`, (left + right) / 2, bottom + 28);
  }

  const bins = binned(map, scale.from, scale.to, binCount);
  const barWidth = Math.max((right - left) / binCount - 0.6, 0.8);
  for (const bin of bins) {
    let base = 0;
    bin.bands.forEach((usd, band) => {
      if (usd > 0) {
        ctx.fillStyle = colour(bandColours[band]!);
        ctx.fillRect(x(bin.low), yBin(base + usd), barWidth, yBin(base) - yBin(base + usd));
        base += usd;
      }
    });
  }
  drawCumulative(ctx, map, scale, x, yTotal);
  if (map.price !== null) {
    ctx.strokeStyle = colour('--ink');
    ctx.lineWidth = 1.4;
    line(ctx, x(map.price), top - 4, x(map.price), bottom);
    ctx.fillStyle = colour('--ink');
    ctx.font = `600 ${axisFont}`;
    ctx.textAlign = 'center';
    ctx.fillText(price(map.price), Math.min(Math.max(x(map.price), left + 30), right - 30), top - 11);
  }
}

function drawCumulative(
  ctx: CanvasRenderingContext2D, map: MapSnapshot, scale: MapScale, x: (price: number) => number,
  y: (usd: number) => number): void {
  const levels = levelsOf(scale);
  const sums = cumulative(map, levels);
  const current = map.price ?? NaN;
  for (const [values, name, keep] of [
    [sums.longs, '--loss', (level: number) => level <= current],
    [sums.shorts, '--gain', (level: number) => level >= current],
  ] as const) {
    ctx.strokeStyle = colour(name);
    ctx.lineWidth = 2;
    ctx.beginPath();
    let started = false;
    levels.forEach((level, k) => {
      if (keep(level)) {
        if (started) {
          ctx.lineTo(x(level), y(values[k]!));
        } else {
          ctx.moveTo(x(level), y(values[k]!));
          started = true;
        }
      }
    });
    ctx.stroke();
  }
}

function line(ctx: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}

export function mapTotals(map: MapSnapshot): { longs: number; shorts: number; text: string } {
  let longs = 0;
  let shorts = 0;
  for (let i = 0; i < map.usd.length; i++) {
    if (map.isLong[i]! > 0) {
      longs += map.usd[i]!;
    } else {
      shorts += map.usd[i]!;
    }
  }
  return { longs, shorts, text: `longs ${money(longs)}, shorts ${money(shorts)}` };
}

// Which colour is which band of leverage, and the two curves.
export function mapLegend(): HTMLElement[] {
  return [
    ...bandNames.map((name, band) => legendKey(`var(${bandColours[band]!})`, 'area', name)),
    legendKey('var(--loss)', 'line', 'longs, cumulative (right axis)'),
    legendKey('var(--gain)', 'line', 'shorts, cumulative (right axis)'),
  ];
}

export interface MapOptions {
  scale: MapScale;
  startS: number; // of the times of the maps
  stamp: string;
  counted: string; // what the map counts: "accounts" or "positions"
  bottomAxis: boolean;
}

export function mapPicture(map: MapSnapshot, asset: Pick<Asset, 'name'>, options: MapOptions): Picture {
  const { scale } = options;
  const levels = levelsOf(scale);
  const bins = binned(map, scale.from, scale.to, binCount);
  const sums = cumulative(map, levels);
  const totals = mapTotals(map).text;
  const read = (k: number): string => {
    const bin = bins[Math.min(k, binCount - 1)]!;
    const onTheWay = levels[k]! <= (map.price ?? NaN) ? sums.longs[k]! : sums.shorts[k]!;
    return `${price(levels[k])}: ${money(bin.usd)} between ${price(bin.low)} and ${price(bin.high)}, ${money(onTheWay)} on the way there`;
  };
  return new Picture({
    title: `Liquidation map of ${asset.name} ${map.label}${map.timeS === null ? '' : `, ${moment(options.startS + map.timeS)} UTC`}`,
    unit: `USD; ${totals}`,
    name: `${asset.name}-liquidation-map-${map.label.replaceAll(' ', '-')}`,
    stamp: options.stamp,
    about: `What would be liquidated if the mark price touched a level: ${totals}${map.price === null ? '' : `; the price is ${price(map.price)}`}.`,
    paint: (canvas, width) => drawMap(canvas, map, asset, scale, width, options.bottomAxis),
    csv: () => ({
      head: ['price_low', 'price_high', 'side', 'leverage_band', 'notional_usd', options.counted],
      rows: Array.from(map.usd, (usd, k) => [sevenDigits(map.low[k]!), sevenDigits(map.high[k]!), map.isLong[k]! > 0 ? 'long' : 'short',
        bandNames[map.band[k]!] ?? '', sevenDigits(usd), map.accounts[k]!]),
    }),
    cursor: { count: levels.length, place: (k, width) => ({ x: placeOf(levels[k]!, scale, width) }), read },
  });
}
