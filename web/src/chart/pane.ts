// One picture over time: a uPlot chart with the project's frame around it (title, legend that follows the
// cursor, PNG and CSV buttons, event lines, hatching where there is no data). Panes that share a key
// share one cursor and one zoom.
import uPlot from 'uplot';

import { gaps, type Values } from '../model/columns';
import { clock, dayMonth, moment, noData } from '../model/format';
import { sevenDigits } from '../view/csv';
import { keyboardCursor } from '../view/cursor';
import { downloadCanvas, downloadCsv } from '../view/export';
import { button, element, legendKey } from '../view/dom';
import { axisFont, colour, faded, hatch, type Colour } from './theme';

export interface Line {
  label: string;
  colour: Colour;
  values: Values;
  kind?: 'line' | 'area' | 'bars' | 'points' | 'dashed' | 'edge'; // edge: not drawn, bounds a band
  width?: number;
  opacity?: number; // of areas and bars
  hidden?: boolean; // drawn, but not in the legend
  legend?: (index: number) => string; // value in the legend; default: the pane's format
  csvName?: string; // heading in the CSV, where the label is short for the legend
  csv?: Values; // what the CSV holds, where the drawn values are transformed (stacked, mirrored)
}

export interface EventMark {
  number: number;
  atS: number;
  untilS: number;
}

export interface PaneOptions {
  title: string;
  unit: string;
  fileName: string;
  times: number[]; // UNIX seconds
  lines: Line[];
  height: number;
  format: (value: number) => string;
  tick: (value: number, step: number) => string;
  timeAxis: boolean;
  range: [from: number, to: number]; // of time
  day?: [from: number, to: number];
  events?: EventMark[];
  numbers?: boolean; // write the event numbers above the plot
  logarithmic?: boolean;
  zeroLine?: boolean;
  includeZero?: boolean;
  fixedRange?: [low: number, high: number]; // of the values, where several panes share one scale
  edgeColour?: Colour; // of a bar at the left, where panes tell runs apart
  shade?: (index: number) => boolean; // ADL active
  bands?: uPlot.Band[];
  syncKey: string;
  stamp: string;
  legendWidth?: number; // characters kept free for each value, so that nothing moves under the cursor
  onCursor?: (unixS: number | null) => void;
  relative?: boolean; // times count from a start and are no dates
}

// What a line says in words: where it begins, ends, and its lowest and highest value.
export function lineInWords(
  line: Pick<Line, 'label' | 'values' | 'legend'>, times: number[], pane: Pick<PaneOptions, 'format' | 'relative'>): string {
  const known = line.values.map((value, k) => ({ value, k })).filter((one): one is { value: number; k: number } => one.value !== null);
  if (known.length === 0) {
    return `${line.label}: no data`;
  }
  const when = (k: number): string => (pane.relative === true ? clock(times[k]!) : moment(times[k]!));
  const shown = ({ value, k }: { value: number; k: number }): string => line.legend?.(k) ?? pane.format(value);
  const low = known.reduce((a, b) => (b.value < a.value ? b : a));
  const high = known.reduce((a, b) => (b.value > a.value ? b : a));
  const [first, last] = [known[0]!, known[known.length - 1]!];
  return low.value === high.value ? `${line.label}: ${shown(first)} throughout`
    : `${line.label}: ${shown(first)} first, ${shown(last)} last, lowest ${shown(low)} at ${when(low.k)}, highest ${shown(high)} at ${when(high.k)}`;
}

// On a logarithmic axis only the powers of ten are labelled.
const decades: uPlot.Axis.Filter = (_u, splits) =>
  splits.map((value) => (value > 0 && Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-6 ? value : null));

// Room for the labels of the values, less where there is little.
export function axisWidth(width: number): number {
  return width < 480 ? 68 : 78;
}
const markSize = 17;

export class Pane {
  readonly node: HTMLElement;
  private readonly options: PaneOptions;
  private readonly host: HTMLElement;
  private readonly values: HTMLElement[] = [];
  private chart: uPlot | null = null;

  constructor(options: PaneOptions) {
    this.options = options;
    this.host = element('div', { class: 'plot' });
    const legend = element('div', { class: 'legend' });
    for (const line of options.lines) {
      const value = element('b', { style: `min-width: ${options.legendWidth ?? 8}ch` }, '');
      this.values.push(value);
      if (line.hidden) {
        continue;
      }
      const area = line.kind === 'area' || line.kind === 'bars';
      legend.append(legendKey(
        area ? `color-mix(in srgb, var(${line.colour}) ${(line.opacity ?? 1) * 100}%, transparent)` : `var(${line.colour})`,
        area ? 'area' : line.kind === 'dashed' ? 'dashed' : 'line', `${line.label} `, value));
    }
    const tools = element('span', { class: 'tools' },
      button('PNG', () => this.savePng(), 'tool', `Save "${options.title}" as a PNG picture`),
      button('CSV', () => this.saveCsv(), 'tool', `Save the figures of "${options.title}" as CSV`));
    const title = element('h3', {}, options.title, ' ', element('span', { class: 'unit' }, options.unit));
    if (options.edgeColour !== undefined) {
      title.prepend(element('span', { class: 'edge', style: `background: var(${options.edgeColour})` }));
    }
    this.node = element('div', { class: 'pane' },
      element('div', { class: 'pane-head' }, title, tools), legend, this.host);
    if (options.lines.every((line) => line.values.every((value) => value === null))) {
      this.host.replaceWith(element('div', { class: 'empty' }, element('span', {}, 'no data in this run')));
    } else {
      keyboardCursor(this.host, `${options.title}, ${options.unit}`, {
        range: () => this.shownRange(),
        move: (index) => this.moveCursor(index),
        read: (index) => this.read(index),
      });
    }
  }

  // Indices of the times that are seen at the present zoom.
  private shownRange(): [number, number] {
    const { times } = this.options;
    const { min, max } = this.chart?.scales.x ?? {};
    const first = times.findIndex((time) => time >= (min ?? -Infinity));
    const after = times.findIndex((time) => time > (max ?? Infinity));
    return [Math.max(first, 0), (after < 0 ? times.length : Math.max(after, 1)) - 1];
  }

  private moveCursor(index: number | null): void {
    const left = index === null ? -10 : this.chart?.valToPos(this.options.times[index]!, 'x') ?? -10;
    this.chart?.setCursor({ left, top: index === null ? -10 : 10 });
  }

  private read(index: number): string {
    const time = this.options.times[index]!;
    const when = this.options.relative === true ? `${clock(time)} after the start` : `${moment(time)} UTC`;
    const values = this.options.lines.map((line, i) => ({ line, i })).filter(({ line }) => line.hidden !== true)
      .map(({ line, i }) => `${line.label} ${this.valueAt(i, index)}`);
    return `${when}: ${values.join(', ')}`;
  }

  private valueAt(line: number, index: number): string {
    const { legend, values } = this.options.lines[line]!;
    const value = values[index];
    return legend !== undefined ? legend(index) : value == null ? noData : this.options.format(value);
  }

  // What the picture shows, for those who do not see it.
  private label(canvas: HTMLCanvasElement): void {
    const lines = this.options.lines.filter((line) => line.hidden !== true);
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', `${this.options.title}, ${this.options.unit}. `
      + lines.map((line) => lineInWords(line, this.options.times, this.options)).join('; '));
  }

  draw(width: number): void {
    if (!this.host.isConnected || width < 100) {
      return;
    }
    if (this.chart !== null) {
      this.chart.setSize({ width, height: this.height(width) });
      return;
    }
    const data = [this.options.times, ...this.options.lines.map((line) => line.values)];
    this.chart = new uPlot(this.plotOptions(width), data as uPlot.AlignedData, this.host);
    this.label(this.chart.ctx.canvas);
    this.showValues(null);
  }

  redraw(): void {
    this.chart?.redraw(false, true);
  }

  destroy(): void {
    this.chart?.destroy();
    this.chart = null;
  }

  private height(width: number): number {
    return this.options.height + (this.options.timeAxis ? 36 : 0) + this.markRows(width) * markSize;
  }

  // Rows of event numbers, so that close events do not cover each other.
  private markRows(width: number): number {
    if (this.options.numbers !== true) {
      return 0;
    }
    return Math.max(0, ...this.markPlaces(width - axisWidth(width)).map((place) => place.row + 1));
  }

  private markPlaces(plotWidth: number): { mark: EventMark; row: number }[] {
    const [from, to] = this.options.range;
    const lastX: number[] = [];
    return (this.options.events ?? []).map((mark) => {
      const x = ((mark.atS - from) / (to - from)) * plotWidth;
      let row = 0;
      while (row < lastX.length && x - lastX[row]! < markSize + 4) {
        row++;
      }
      lastX[row] = x;
      return { mark, row };
    });
  }

  private plotOptions(width: number): uPlot.Options {
    const options = this.options;
    const rows = this.markRows(width);
    return {
      width,
      height: this.height(width),
      padding: [6 + rows * markSize, 20, options.timeAxis ? 0 : 4, 0], // the last time is written half beyond the end
      legend: { show: false },
      tzDate: (ts) => uPlot.tzDate(new Date(ts * 1000), 'Etc/UTC'),
      cursor: {
        sync: { key: options.syncKey, scales: ['x', null], setSeries: false },
        y: false,
        points: { size: 5 },
        drag: { x: true, y: false, setScale: true },
        focus: { prox: -1 },
      },
      scales: {
        x: { time: true, range: (_u, min, max) => (min === max ? options.range : [min, max]) },
        y: options.logarithmic === true ? { distr: 3, log: 10 } : { range: (_u, min, max) => this.valueRange(min, max) },
      },
      axes: [this.timeAxis(), this.valueAxis()],
      series: [{}, ...options.lines.map((line) => this.series(line))],
      bands: options.bands ?? [],
      hooks: {
        drawClear: [(u) => this.drawBehind(u)],
        draw: [(u) => this.drawMarks(u)],
        setCursor: [(u) => this.showValues(u.cursor.idx ?? null)],
        ready: [(u) => u.setScale('x', { min: options.range[0], max: options.range[1] })],
      },
    };
  }

  private valueRange(min: number | null, max: number | null): [number, number] {
    if (this.options.fixedRange !== undefined) {
      return this.options.fixedRange;
    }
    if (min === null || max === null || !Number.isFinite(min) || !Number.isFinite(max)) {
      return [0, 1];
    }
    let low = min;
    let high = max;
    if (this.options.includeZero === true) {
      low = Math.min(low, 0);
      high = Math.max(high, 0);
    }
    if (low === high) {
      const reach = Math.abs(low) * 0.01 || 1;
      return [low - reach, high + reach];
    }
    const margin = (high - low) * 0.06;
    return [low === 0 ? 0 : low - margin, high === 0 ? 0 : high + margin];
  }

  private timeAxis(): uPlot.Axis {
    const shown = this.options.timeAxis;
    return {
      size: shown ? 40 : 0,
      font: axisFont,
      stroke: () => colour('--soft'),
      grid: { stroke: () => colour('--grid'), width: 1 },
      ticks: { show: shown, stroke: () => colour('--line'), size: 4 },
      incrs: [60, 300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600, 43200, 86400],
      space: 52,
      values: shown
        ? (_u, splits) => splits.map((s) => (s % 86400 === 0 && this.options.relative !== true ? `${clock(s)}\n${dayMonth(s)}` : clock(s)))
        : (_u, splits) => splits.map(() => ''),
    };
  }

  private valueAxis(): uPlot.Axis {
    const log = this.options.logarithmic === true;
    return {
      size: (u) => axisWidth(u.width),
      font: axisFont,
      gap: 6,
      space: 32,
      stroke: () => colour('--soft'),
      grid: { stroke: () => colour('--grid'), width: 1, ...(log ? { filter: decades } : {}) },
      ticks: { show: false },
      ...(log ? { filter: decades } : {}),
      values: (_u, splits) => {
        const step = splits.length > 1 ? Math.abs(splits[1]! - splits[0]!) : Math.abs(splits[0] ?? 1);
        return splits.map((value) => (value == null ? '' : this.options.tick(value, step)));
      },
    };
  }

  private series(line: Line): uPlot.Series {
    const kind = line.kind ?? 'line';
    const base: uPlot.Series = {
      label: line.label,
      stroke: () => colour(line.colour),
      width: line.width ?? 1.4,
      points: { show: kind === 'points', size: 6, stroke: () => colour(line.colour), fill: () => colour(line.colour) },
      spanGaps: kind === 'dashed',
    };
    if (kind === 'area') {
      return { ...base, width: 0, fill: () => faded(line.colour, line.opacity ?? 1) };
    }
    if (kind === 'bars') {
      return {
        ...base,
        width: 0,
        fill: () => faded(line.colour, line.opacity ?? 1),
        paths: uPlot.paths.bars!({ size: [0.92, 100], align: 1 }),
      };
    }
    if (kind === 'edge') {
      return { ...base, stroke: 'transparent', width: 0 };
    }
    if (kind === 'points') {
      return { ...base, width: 0, paths: () => null };
    }
    return kind === 'dashed' ? { ...base, dash: [5, 3] } : base;
  }

  // Under the lines: the day of the headline figures, hatching, ADL shading, lines of events.
  private drawBehind(u: uPlot): void {
    const { ctx } = u;
    const { left, top, width, height } = u.bbox;
    const ratio = devicePixelRatio || 1;
    const place = (s: number): number => Math.min(Math.max(u.valToPos(s, 'x', true), left), left + width);
    ctx.save();
    if (this.options.day !== undefined) {
      ctx.fillStyle = colour('--day');
      const from = place(this.options.day[0]);
      ctx.fillRect(from, top, place(this.options.day[1]) - from, height);
    }
    const drawn = this.options.lines.filter((line) => line.kind !== 'dashed' && line.kind !== 'points');
    for (const [first, last] of gaps(drawn.map((line) => line.values))) {
      const times = this.options.times;
      const step = times.length > 1 ? times[1]! - times[0]! : 0;
      const from = place(times[first]! - step);
      hatch(ctx, from, top, place(times[last]!) - from, height, ratio);
    }
    if (this.options.shade !== undefined) {
      this.drawShade(u, place);
    }
    ctx.strokeStyle = faded('--event', 0.5);
    ctx.lineWidth = ratio;
    ctx.setLineDash([2 * ratio, 3 * ratio]);
    for (const mark of this.options.events ?? []) {
      const x = u.valToPos(mark.atS, 'x', true);
      if (x >= left && x <= left + width) {
        ctx.beginPath();
        ctx.moveTo(x, top);
        ctx.lineTo(x, top + height);
        ctx.stroke();
      }
    }
    ctx.restore();
  }

  private drawShade(u: uPlot, place: (s: number) => number): void {
    const times = this.options.times;
    const step = times.length > 1 ? times[1]! - times[0]! : 0;
    u.ctx.fillStyle = colour('--adl');
    for (let k = 0; k < times.length; k++) {
      if (this.options.shade!(k)) {
        const from = place(times[k]! - step);
        u.ctx.fillRect(from, u.bbox.top, Math.max(place(times[k]!) - from, 2), u.bbox.height);
      }
    }
  }

  // Over the lines: zero, and the numbered events above the plot.
  private drawMarks(u: uPlot): void {
    const { ctx } = u;
    const ratio = devicePixelRatio || 1;
    const { left, top, width } = u.bbox;
    ctx.save();
    if (this.options.zeroLine === true) {
      const y = u.valToPos(0, 'y', true);
      ctx.strokeStyle = colour('--faint');
      ctx.lineWidth = ratio;
      ctx.beginPath();
      ctx.moveTo(left, y);
      ctx.lineTo(left + width, y);
      ctx.stroke();
    }
    if (this.options.numbers === true) {
      for (const { mark, row } of this.markPlaces(width / ratio)) {
        const x = u.valToPos(mark.atS, 'x', true);
        if (x < left || x > left + width) {
          continue;
        }
        const y = top - (row + 0.5) * markSize * ratio - 2 * ratio;
        const end = Math.min(u.valToPos(mark.untilS, 'x', true), left + width);
        ctx.fillStyle = faded('--event', 0.35);
        ctx.fillRect(x, y - 1.5 * ratio, Math.max(end - x, 0), 3 * ratio);
        ctx.fillStyle = colour('--event');
        ctx.beginPath();
        ctx.arc(x, y, 7.5 * ratio, 0, 2 * Math.PI);
        ctx.fill();
        ctx.fillStyle = colour('--card');
        ctx.font = `600 ${10 * ratio}px system-ui, sans-serif`;
        ctx.textAlign = 'center';
        ctx.textBaseline = 'middle';
        ctx.fillText(String(mark.number), x, y + 0.5 * ratio);
      }
    }
    ctx.restore();
  }

  private showValues(index: number | null): void {
    this.options.onCursor?.(index === null ? null : this.options.times[index] ?? null);
    this.values.forEach((node, i) => {
      if (index === null) {
        node.textContent = '';
        return;
      }
      node.textContent = this.valueAt(i, index);
    });
  }

  private savePng(): void {
    const canvas = this.chart?.ctx.canvas;
    if (canvas !== undefined) {
      downloadCanvas(canvas, `${this.options.title} (${this.options.unit})`, this.options.stamp, this.options.fileName);
    }
  }

  private saveCsv(): void {
    const lines = this.options.lines;
    const when = (time: number): string | number =>
      (this.options.relative === true ? time : new Date(time * 1000).toISOString().replace('.000Z', 'Z'));
    downloadCsv(this.options.fileName, this.options.stamp,
      [this.options.relative === true ? 'time_s' : 'time_utc', ...lines.map((line) => line.csvName ?? line.label)],
      this.options.times.map((time, k) => [
        when(time), ...lines.map((line) => sevenDigits((line.csv ?? line.values)[k] ?? null)),
      ]));
  }
}
