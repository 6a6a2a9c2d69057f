// A grid of figures as colours on one scale from little to much: two settings, or time and price. A cell
// says its figure where there is room; what is not known is hatched; a line parts the cells that keep a limit
// from those that do not, and a dot marks today's.
import { Picture } from '../view/picture';
import { sevenDigits, type CsvValue } from '../view/csv';
import { openCanvas } from './canvas';
import { axisFont, colour, hatch, type Colour } from './theme';

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
  poles?: [below: Colour, above: Colour]; // two colours that part at 0, where the sign is what counts
  grey?: (row: number, column: number) => boolean; // void: nothing may be read from its colour
  blank?: (row: number, column: number) => boolean; // no cell
  says?: (row: number, column: number) => string[]; // instead of the figure, from long to short
  read?: (row: number, column: number) => string; // what the cursor says of a cell
  shortRows?: string[]; // where the names of the rows have no room
  legend?: Node[];
  note?: string;
}

const rowHeight = 30;
const flatHead = 40;
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
function widest(texts: string[]): number {
  ruler ??= document.createElement('canvas').getContext('2d')!;
  ruler.font = axisFont;
  return Math.max(...texts.map((text) => ruler!.measureText(text).width));
}

// Where the cells begin, how wide they are, and how tall the head is: where the names of few columns have no room
// beside each other they are written upwards.
interface Frame {
  left: number;
  cell: number;
  head: number;
  upright: boolean;
  rows: string[];
}
const mostUpright = 16;

function frameOf(options: HeatMapOptions, width: number): Frame {
  const room = width * 0.35;
  const rows = options.shortRows !== undefined && widest(options.rows) + 12 > room ? options.shortRows : options.rows;
  const left = Math.min(widest(rows) + 12, room);
  const cell = (width - left) / options.columns.length;
  const upright = options.columns.length <= mostUpright && widest(options.columns) + 10 > cell;
  return { left, cell, head: upright ? 24 + widest(options.columns) + 8 : flatHead, upright, rows };
}

// Colour of a value: on one scale, or from 0 to either pole.
function shader(options: HeatMapOptions): (value: number, row: number, column: number) => Rgb {
  const range = rangeShown(options);
  const middle = rgb(colour('--heat-low'));
  const grey = rgb(colour('--index'));
  const ends = (options.poles ?? ['--heat-low', '--heat-high']).map((name) => rgb(colour(name))) as [Rgb, Rgb];
  return (value, r, c) => {
    const most = Math.max(Math.abs(range[0]), Math.abs(range[1])) || 1;
    if (options.grey?.(r, c) === true) {
      return mixed(middle, grey, options.poles === undefined ? (value - range[0]) / (range[1] - range[0] || 1) : Math.abs(value) / most);
    }
    return options.poles === undefined ? mixed(...ends, (value - range[0]) / (range[1] - range[0] || 1))
      : mixed(middle, value < 0 ? ends[0] : ends[1], Math.abs(value) / most);
  };
}

// Of the scale; as far below 0 as above it where colours part there.
function rangeShown(options: HeatMapOptions): [number, number] {
  const range = options.range ?? rangeOf(options.values);
  const most = Math.max(Math.abs(range[0]), Math.abs(range[1])) || 1;
  return options.poles === undefined ? range : [-most, most];
}

// What stands in the cells: the longest words for which all of them have room.
function wordsOf(options: HeatMapOptions, cell: number): ((r: number, c: number) => string) | null {
  const { rows, columns, values } = options;
  const at = (r: number, c: number): string[] => {
    const value = values[r]?.[c] ?? null;
    return options.blank?.(r, c) === true ? [] : options.says !== undefined ? options.says(r, c) : value === null ? [] : [options.format(value)];
  };
  const levels = Math.max(1, ...rows.map((_row, r) => Math.max(...columns.map((_column, c) => at(r, c).length))));
  for (let level = 0; level < levels; level++) {
    const word = (r: number, c: number): string => { const said = at(r, c); return said[Math.min(level, said.length - 1)] ?? ''; };
    if (rows.every((_row, r) => columns.every((_column, c) => widest([word(r, c)]) < cell - 6))) {
      return word;
    }
  }
  return null;
}

function paintHeads(ctx: CanvasRenderingContext2D, options: HeatMapOptions, frame: Frame, width: number): void {
  const { columns } = options;
  const { left, cell, head, upright } = frame;
  ctx.fillStyle = colour('--soft');
  ctx.textAlign = 'left';
  ctx.fillText(`${options.rowTitle} ↓  ${options.columnTitle} →`, 0, 9);
  if (upright) {
    columns.forEach((text, c) => {
      ctx.save();
      ctx.translate(left + (c + 0.5) * cell, head - 6);
      ctx.rotate(-Math.PI / 2);
      ctx.fillText(text, 0, 0);
      ctx.restore();
    });
    return;
  }
  const apart = Math.ceil((widest(columns) + 10) / cell);
  ctx.textAlign = 'center';
  columns.forEach((text, c) => {
    if (c % apart === 0) {
      ctx.fillText(text, Math.min(left + (c + 0.5) * cell, width - ctx.measureText(text).width / 2), 29);
    }
  });
}

function paint(canvas: HTMLCanvasElement, options: HeatMapOptions, width: number): void {
  const { rows, columns, values } = options;
  const frame = frameOf(options, width);
  const { left, cell, head } = frame;
  const ctx = openCanvas(canvas, width, head + rowHeight * rows.length + footHeight);
  const shade = shader(options);
  const words = wordsOf(options, cell);
  paintHeads(ctx, options, frame, width);
  rows.forEach((_text, r) => {
    const y = head + r * rowHeight;
    ctx.fillStyle = colour('--ink');
    ctx.textAlign = 'right';
    ctx.fillText(frame.rows[r]!, left - 8, y + rowHeight / 2, left - 8);
    columns.forEach((_column, c) => {
      const value = values[r]?.[c] ?? null;
      const x = left + c * cell;
      if (options.blank?.(r, c) === true) {
        return;
      }
      const known = value !== null && Number.isFinite(value);
      const fill: Rgb = known ? shade(value, r, c) : rgb(colour('--card'));
      ctx.fillStyle = `rgb(${fill.join(', ')})`;
      ctx.fillRect(x, y, cell - 1, rowHeight - 1);
      if (!known) {
        hatch(ctx, x, y, cell, rowHeight, 1);
      }
      if (words !== null) {
        ctx.fillStyle = inkOn(fill);
        ctx.textAlign = 'center';
        ctx.fillText(words(r, c), x + cell / 2, y + rowHeight / 2);
      }
    });
  });
  if (options.keeps !== undefined) {
    paintLimit(ctx, options, frame);
  }
  if (options.today !== undefined) {
    const [r, c] = options.today;
    ctx.strokeStyle = colour('--ink');
    ctx.lineWidth = 2;
    ctx.strokeRect(left + c * cell + 1.5, head + r * rowHeight + 1.5, cell - 4, rowHeight - 4);
  }
  paintScale(ctx, options, frame, width);
}

// Where neighbours differ in whether they keep the limit.
function paintLimit(ctx: CanvasRenderingContext2D, options: HeatMapOptions, { left, cell, head }: Frame): void {
  const { rows, columns, values, keeps } = options;
  const kept = (r: number, c: number): boolean | null => {
    const value = values[r]?.[c] ?? null;
    return value === null ? null : keeps!(value);
  };
  const differ = (a: boolean | null, b: boolean | null): boolean => a !== null && b !== null && a !== b;
  ctx.fillStyle = colour('--ink');
  rows.forEach((_row, r) => columns.forEach((_column, c) => {
    if (differ(kept(r, c), kept(r, c + 1))) {
      ctx.fillRect(left + (c + 1) * cell - 2, head + r * rowHeight, 3, rowHeight);
    }
    if (differ(kept(r, c), kept(r + 1, c))) {
      ctx.fillRect(left + c * cell, head + (r + 1) * rowHeight - 2, cell, 3);
    }
  }));
}

function paintScale(ctx: CanvasRenderingContext2D, options: HeatMapOptions, { left, head }: Frame, width: number): void {
  const y = head + rowHeight * options.rows.length + 12;
  const long = Math.min(220, width - left);
  const range = rangeShown(options);
  const shade = shader({ ...options, grey: () => false });
  for (let k = 0; k < long; k++) {
    ctx.fillStyle = `rgb(${shade(range[0] + ((range[1] - range[0]) * k) / long, 0, 0).join(', ')})`;
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
    ...(options.legend === undefined ? {} : { legend: options.legend }),
    ...(options.note === undefined ? {} : { note: options.note }),
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
        const { left, cell, head } = frameOf(options, width);
        return { x: left + c * cell, y: head + r * rowHeight, width: cell - 1, height: rowHeight - 1 };
      },
      read: (k) => {
        const [r, c] = place(k);
        const value = values[r]?.[c] ?? null;
        return `${options.rowTitle} ${rows[r]!}, ${options.columnTitle} ${columns[c]!}: ${options.read?.(r, c) ?? shown(value)}${limit(value)}`;
      },
    },
  });
}
