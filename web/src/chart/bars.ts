// Bars that lie: a waterfall from one total to another, a tornado around a base, or plain amounts. Labels
// stand beside the bars, or above them where there is no room, so that none is cut.
import type { CsvValue } from '../view/csv';
import { Picture } from '../view/picture';
import { openCanvas } from './canvas';
import { niceStep } from './liquidation_map';
import { axisFont, colour, type Colour } from './theme';

export interface Bar {
  label: string;
  from: number;
  to: number;
  shown: string; // the figure at the right
  colour: Colour;
  low?: number; // ends of an interval around `to`
  high?: number;
  face?: string; // what must be read with it, written beside the bar
  part?: string; // of a bar that shares the row of the one before: what it is, for the CSV
}

export interface BarsOptions {
  title: string;
  unit: string;
  name: string; // of the files
  stamp: string;
  bars: Bar[];
  tick: (value: number, step: number) => string;
  base?: number; // a line through all bars
  about?: string;
  legend?: Node[];
  note?: string;
}

export interface Step {
  label: string;
  by: number;
  low?: number; // of `by`
  high?: number;
}

// From a first total over its steps to the last: what makes things worse is red-orange, the rest blue.
export function waterfall(
  first: { label: string; value: number }, steps: Step[], lastLabel: string, format: (value: number) => string,
  worse: 'down' | 'up' = 'down'): Bar[] {
  const bars: Bar[] = [{ label: first.label, from: 0, to: first.value, shown: format(first.value), colour: '--event' }];
  let at = first.value;
  for (const step of steps) {
    const bad = worse === 'down' ? step.by < 0 : step.by > 0;
    bars.push({
      label: step.label, from: at, to: at + step.by, shown: `${step.by > 0 ? '+' : ''}${format(step.by)}`, colour: bad ? '--loss' : '--gain',
      ...(step.low === undefined || step.high === undefined ? {} : { low: at + step.low, high: at + step.high }),
    });
    at += step.by;
  }
  bars.push({ label: lastLabel, from: 0, to: at, shown: format(at), colour: '--event' });
  return bars;
}

// What each input does alone at its two ends, widest first.
export function tornado(
  base: number, rows: { label: string; low: number; high: number }[], format: (value: number) => string): Bar[] {
  return [...rows]
    .sort((a, b) => Math.abs(b.high - b.low) - Math.abs(a.high - a.low))
    .flatMap((row): Bar[] => [
      { label: row.label, from: base, to: row.low, shown: `${format(row.low)} … ${format(row.high)}`, colour: '--gain' },
      { label: '', from: base, to: row.high, shown: '', colour: '--loss' },
    ]);
}

const barHeight = 15;
const barTop = 4;

let ruler: CanvasRenderingContext2D | null = null;
function widest(texts: string[]): number {
  ruler ??= document.createElement('canvas').getContext('2d')!;
  ruler.font = axisFont;
  return Math.max(...texts.map((text) => ruler!.measureText(text).width));
}

// Room for the labels at the left; 0: they stand above the bars.
function labelWidth(options: BarsOptions, width: number): number {
  const labels = widest(options.bars.map((bar) => bar.label)) + 10;
  return labels > width * 0.38 ? 0 : labels;
}
function rowHeightOf(options: BarsOptions, width: number): number {
  return labelWidth(options, width) === 0 ? 36 : 24;
}

// Bars without a label share the row of the one before.
function rowsOf(bars: Bar[]): Bar[][] {
  const rows: Bar[][] = [];
  for (const bar of bars) {
    if (bar.label === '' && rows.length > 0) {
      rows[rows.length - 1]!.push(bar);
    } else {
      rows.push([bar]);
    }
  }
  return rows;
}

// All values; from zero unless all bars float far from it.
function rangeOf(bars: Bar[]): [number, number] {
  const values = bars.flatMap((bar) => [bar.to, bar.low ?? bar.to, bar.high ?? bar.to]);
  const starts = bars.map((bar) => bar.from).filter((from) => from !== 0);
  const [low, high] = [Math.min(...values, ...starts), Math.max(...values, ...starts)];
  const margin = (high - low) * 0.08 || Math.abs(high) * 0.1 || 1;
  // A waterfall between two large totals is cut where nothing happens; its axis says so by its labels.
  if (low === 0 && high === 0) {
    return [0, 1]; // nothing moves: the axis and what is written beside the bars remain
  }
  if (high < 0 && -high > (high - low) * 2) {
    return [low - margin / 2, high + margin];
  }
  return low > 0 && low > (high - low) * 2 ? [low - margin, high + margin / 2] : [Math.min(low, 0), Math.max(high, 0)];
}

function paint(canvas: HTMLCanvasElement, options: BarsOptions, width: number): void {
  const rows = rowsOf(options.bars);
  const above = labelWidth(options, width) === 0;
  const rowHeight = rowHeightOf(options, width);
  const left = above ? 2 : labelWidth(options, width);
  const right = width - widest(options.bars.map((bar) => bar.shown)) - 10;
  const top = barTop;
  const ctx = openCanvas(canvas, width, top + rowHeight * rows.length + 30);
  const range = rangeOf(options.bars);
  const x = (value: number): number => left + ((Math.max(value, range[0]) - range[0]) / (range[1] - range[0])) * (right - left);
  const bottom = top + rowHeight * rows.length;
  const step = niceStep(range[1] - range[0], Math.max(2, Math.floor((right - left) / 90)));
  ctx.textAlign = 'center';
  for (let value = Math.ceil(range[0] / step) * step; value <= range[1]; value += step) {
    ctx.fillStyle = colour('--grid');
    ctx.fillRect(x(value), top, 1, bottom - top);
    ctx.fillStyle = colour('--soft');
    const text = options.tick(Math.abs(value) < step / 1e6 ? 0 : value, step);
    const half = ctx.measureText(text).width / 2;
    ctx.fillText(text, Math.min(Math.max(x(value), half), width - half), bottom + 14);
  }
  if (options.base !== undefined) {
    ctx.fillStyle = colour('--ink');
    ctx.fillRect(x(options.base), top, 1.5, bottom - top);
  }
  rows.forEach((row, k) => {
    const y = top + k * rowHeight + (above ? 18 : 4);
    ctx.fillStyle = colour('--ink');
    ctx.textAlign = above ? 'left' : 'right';
    ctx.fillText(row[0]!.label, above ? left : left - 8, above ? y - 8 : y + barHeight / 2);
    const after = left + ctx.measureText(row[0]!.label).width + 10;
    row.forEach((bar) => paintBar(ctx, bar, x, y));
    if (above) {
      ctx.fillStyle = colour('--soft');
      ctx.textAlign = 'left';
      ctx.fillText(row[0]!.face ?? '', after, y - 8, Math.max(width - after, 40));
    } else {
      paintFace(ctx, row, x, y, left, right);
    }
    ctx.textAlign = 'right';
    ctx.fillStyle = colour('--ink');
    ctx.fillText(row[0]!.shown, width - 2, y + barHeight / 2);
  });
}

function paintBar(ctx: CanvasRenderingContext2D, bar: Bar, x: (value: number) => number, y: number): void {
  ctx.fillStyle = colour(bar.colour);
  const [a, b] = [x(bar.from), x(bar.to)];
  ctx.fillRect(Math.min(a, b), y, Math.max(Math.abs(b - a), 1.5), barHeight);
  if (bar.low !== undefined && bar.high !== undefined) {
    const [low, high] = [x(bar.low), x(bar.high)];
    ctx.fillStyle = colour('--ink');
    ctx.fillRect(low, y + barHeight / 2 - 0.75, high - low, 1.5);
    ctx.fillRect(low - 0.75, y + 4, 1.5, barHeight - 8);
    ctx.fillRect(high - 0.75, y + 4, 1.5, barHeight - 8);
  }
}

// At the right of bar and whiskers, at their left, or, where neither has room, on the bar.
function paintFace(ctx: CanvasRenderingContext2D, row: Bar[], x: (value: number) => number, y: number, left: number, right: number): void {
  const text = row[0]!.face ?? '';
  const wide = ctx.measureText(text).width + 8;
  const ends = row.flatMap((bar) => [bar.from, bar.to, bar.low ?? bar.to, bar.high ?? bar.to]).map(x);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const beside = high + wide <= right ? high + 4 : low - wide >= left ? low - wide : null;
  const start = beside ?? Math.max(left, Math.min(low, right - wide));
  ctx.fillStyle = colour(beside === null ? '--ink' : '--soft');
  ctx.textAlign = 'left';
  ctx.fillText(text, start + 3, y + barHeight / 2);
}

export function barsPicture(options: BarsOptions): Picture {
  const rows = rowsOf(options.bars);
  const read = (k: number): string => {
    const { label, shown, face } = rows[k]![0]!;
    return `${label}: ${shown}${face === undefined || face === '' ? '' : `, ${face}`}`;
  };
  return new Picture({
    title: options.title,
    unit: options.unit,
    name: options.name,
    stamp: options.stamp,
    about: options.about ?? rows.map((_row, k) => read(k)).join('; '),
    ...(options.legend === undefined ? {} : { legend: options.legend }),
    ...(options.note === undefined ? {} : { note: options.note }),
    paint: (canvas, width) => paint(canvas, options, width),
    csv: () => ({
      head: ['label', 'from', 'to', 'low', 'high'],
      rows: options.bars.map((bar): CsvValue[] => [bar.label === '' ? bar.part ?? '' : bar.label, bar.from, bar.to, bar.low ?? null, bar.high ?? null]),
    }),
    cursor: {
      count: rows.length,
      rowLength: 1,
      place: (k, width) => ({ x: 0, y: barTop + k * rowHeightOf(options, width), width: width - 1, height: rowHeightOf(options, width) }),
      read,
    },
  });
}
