// A grid of figures as colours on one scale from little to much: two settings, or time and price. A cell
// says its figure where there is room; what is not known is hatched; a line parts the cells that keep a limit
// from those that do not, and a dot marks today's.
import { Picture } from '../view/picture';
import { sevenDigits, type CsvValue } from '../view/csv';
import { openCanvas } from './canvas';
import { axisFont, colour, hatch } from './theme';

export interface HeatMapOptions {
  title: string;
  unit: string;
  name: string; // of the files
  stamp: string;
  columnTitle: string;
  columns: string[];
  rowTitle: string;
  rows: string[]; // the first is drawn at the top
  values: (number | null)[][]; // by row, then column
  format: (value: number) => string;
  range?: [low: number, high: number]; // where several maps share one scale
  keeps?: (value: number) => boolean; // the limit
  today?: [row: number, column: number];
  about?: string;
}

const rowHeight = 30;
const headHeight = 40;
const footHeight = 46;

type Rgb = [number, number, number];

function rgb(hex: string): Rgb {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(hex);
  return match === null ? [128, 128, 128] : match.slice(1, 4).map((part) => parseInt(part, 16)) as Rgb;
}

// Between the two ends of the scale, part 0 to 1.
export function mixed(low: Rgb, high: Rgb, part: number): Rgb {
  const at = Math.min(Math.max(part, 0), 1);
  return low.map((value, k) => Math.round(value + (high[k]! - value) * at)) as Rgb;
}

// Dark text on light cells and the other way round.
export function inkOn([red, green, blue]: Rgb): string {
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? '#14202e' : '#ffffff';
}

export function rangeOf(values: (number | null)[][]): [number, number] {
  const known = values.flat().filter((value): value is number => value !== null && Number.isFinite(value));
  return known.length === 0 ? [0, 1] : [Math.min(...known), Math.max(...known)];
}

let ruler: CanvasRenderingContext2D | null = null;
function leftOf(options: HeatMapOptions, width: number): number {
  ruler ??= document.createElement('canvas').getContext('2d')!;
  ruler.font = axisFont;
  return Math.min(Math.max(...options.rows.map((text) => ruler!.measureText(text).width)) + 12, width * 0.35);
}

function paint(canvas: HTMLCanvasElement, options: HeatMapOptions, width: number): void {
  const { rows, columns, values } = options;
  const ctx = openCanvas(canvas, width, headHeight + rowHeight * rows.length + footHeight);
  const left = leftOf(options, width);
  const cell = (width - left) / columns.length;
  const range = options.range ?? rangeOf(values);
  const ends: [Rgb, Rgb] = [rgb(colour('--heat-low')), rgb(colour('--heat-high'))];
  const shade = (value: number): Rgb => mixed(...ends, (value - range[0]) / (range[1] - range[0] || 1));
  ctx.fillStyle = colour('--soft');
  ctx.textAlign = 'left';
  ctx.fillText(`${options.rowTitle} ↓  ${options.columnTitle} →`, 0, 9);
  const apart = Math.ceil((Math.max(...columns.map((text) => ctx.measureText(text).width)) + 10) / cell);
  ctx.textAlign = 'center';
  columns.forEach((text, c) => {
    if (c % apart === 0) {
      ctx.fillText(text, Math.min(left + (c + 0.5) * cell, width - ctx.measureText(text).width / 2), 29);
    }
  });
  const roomy = values.flat().every((value) => value === null || ctx.measureText(options.format(value)).width < cell - 8);
  rows.forEach((text, r) => {
    const y = headHeight + r * rowHeight;
    ctx.fillStyle = colour('--ink');
    ctx.textAlign = 'right';
    ctx.fillText(text, left - 8, y + rowHeight / 2, left - 8);
    columns.forEach((_column, c) => {
      const value = values[r]?.[c] ?? null;
      const x = left + c * cell;
      if (value === null || !Number.isFinite(value)) {
        hatch(ctx, x, y, cell, rowHeight, 1);
        return;
      }
      const [red, green, blue] = shade(value);
      ctx.fillStyle = `rgb(${red}, ${green}, ${blue})`;
      ctx.fillRect(x, y, cell - 1, rowHeight - 1);
      if (roomy) {
        ctx.fillStyle = inkOn([red, green, blue]);
        ctx.textAlign = 'center';
        ctx.fillText(options.format(value), x + cell / 2, y + rowHeight / 2);
      }
    });
  });
  if (options.keeps !== undefined) {
    paintLimit(ctx, options, left, cell);
  }
  if (options.today !== undefined) {
    const [r, c] = options.today;
    ctx.strokeStyle = colour('--ink');
    ctx.lineWidth = 2;
    ctx.strokeRect(left + c * cell + 1.5, headHeight + r * rowHeight + 1.5, cell - 4, rowHeight - 4);
  }
  paintScale(ctx, options, range, ends, left, width);
}

// Where neighbours differ in whether they keep the limit.
function paintLimit(ctx: CanvasRenderingContext2D, options: HeatMapOptions, left: number, cell: number): void {
  const { rows, columns, values, keeps } = options;
  const kept = (r: number, c: number): boolean | null => {
    const value = values[r]?.[c] ?? null;
    return value === null ? null : keeps!(value);
  };
  const differ = (a: boolean | null, b: boolean | null): boolean => a !== null && b !== null && a !== b;
  ctx.fillStyle = colour('--ink');
  rows.forEach((_row, r) => columns.forEach((_column, c) => {
    if (differ(kept(r, c), kept(r, c + 1))) {
      ctx.fillRect(left + (c + 1) * cell - 2, headHeight + r * rowHeight, 3, rowHeight);
    }
    if (differ(kept(r, c), kept(r + 1, c))) {
      ctx.fillRect(left + c * cell, headHeight + (r + 1) * rowHeight - 2, cell, 3);
    }
  }));
}

function paintScale(
  ctx: CanvasRenderingContext2D, options: HeatMapOptions, range: [number, number], ends: [Rgb, Rgb], left: number, width: number): void {
  const y = headHeight + rowHeight * options.rows.length + 12;
  const long = Math.min(220, width - left);
  for (let k = 0; k < long; k++) {
    const [red, green, blue] = mixed(...ends, k / long);
    ctx.fillStyle = `rgb(${red}, ${green}, ${blue})`;
    ctx.fillRect(left + k, y, 1.5, 10);
  }
  ctx.fillStyle = colour('--soft');
  ctx.textAlign = 'left';
  ctx.fillText(options.format(range[0]), left, y + 20);
  ctx.textAlign = 'right';
  ctx.fillText(options.format(range[1]), left + long, y + 20);
}

export function heatMap(options: HeatMapOptions): Picture {
  const { rows, columns, values, format } = options;
  const place = (k: number): [number, number] => [Math.floor(k / columns.length), k % columns.length];
  const shown = (value: number | null): string => (value === null ? 'no data' : format(value));
  const limit = (value: number | null): string =>
    (options.keeps === undefined || value === null ? '' : options.keeps(value) ? ', keeps the limit' : ', breaks the limit');
  const [low, high] = rangeOf(values);
  return new Picture({
    title: options.title,
    unit: options.unit,
    name: options.name,
    stamp: options.stamp,
    about: options.about ?? `${rows.length} by ${columns.length} figures from ${format(low)} to ${format(high)}.`,
    paint: (canvas, width) => paint(canvas, options, width),
    csv: () => ({
      head: [options.rowTitle, options.columnTitle, options.title],
      rows: rows.flatMap((row, r) => columns.map((column, c): CsvValue[] => [row, column, sevenDigits(values[r]?.[c] ?? null)])),
    }),
    cursor: {
      count: rows.length * columns.length,
      rowLength: columns.length,
      place: (k, width) => {
        const [r, c] = place(k);
        const left = leftOf(options, width);
        const cell = (width - left) / columns.length;
        return { x: left + c * cell, y: headHeight + r * rowHeight, width: cell - 1, height: rowHeight - 1 };
      },
      read: (k) => {
        const [r, c] = place(k);
        const value = values[r]?.[c] ?? null;
        return `${options.rowTitle} ${rows[r]!}, ${options.columnTitle} ${columns[c]!}: ${shown(value)}${limit(value)}`;
      },
    },
  });
}
