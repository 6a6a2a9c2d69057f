// What many paths say that one cannot: bands of the curves, distributions, and whether there are enough paths.
import { drawConvergence, drawDistribution } from '../chart/distribution';
import { Pane, type Line } from '../chart/pane';
import { faded } from '../chart/theme';
import { bandTimes, bins, convergence, type BandsJson } from '../model/bands';
import { known, type Values } from '../model/columns';
import * as format from '../model/format';
import { decodeColumn, type RunJson } from '../model/run';
import { button, choice, element } from './dom';
import type { Drawings } from './drawings';
import { downloadCanvas, downloadCsv } from './export';

type Curve = BandsJson['curves'][number];
type Figure = BandsJson['figures'][number];

export function figureFormat(unit: string): (value: number) => string {
  if (unit === 'USD') {
    return format.money;
  }
  if (unit === 'USD per coin') {
    return format.price;
  }
  if (unit.startsWith('fraction')) {
    return format.percent;
  }
  return (value) => format.count(value);
}

// The measured path at the ends of the bands' steps: what it last showed before each.
export function measuredAt(times: number[], startS: number, measured: Curve['measured']): Values {
  if (measured === null) {
    return times.map(() => null);
  }
  const prices = decodeColumn(measured.price);
  return times.map((time) => {
    const value = prices[Math.floor((time - startS) / measured.step_s) - 1];
    return value === undefined || !Number.isFinite(value) ? null : value;
  });
}

function fan(curve: Curve, times: number[], run: RunJson, stamp: string, last: boolean): Pane {
  const column = (encoded: string): Values => known(decodeColumn(encoded));
  const edge = (label: string, encoded: string): Line =>
    ({ label, colour: '--price', kind: 'edge', values: column(encoded), hidden: true });
  const lines: Line[] = [
    edge('95 %', curve.p95), edge('5 %', curve.p05), edge('75 %', curve.p75), edge('25 %', curve.p25),
    { label: 'median', colour: '--price', values: column(curve.p50), width: 1.8 },
  ];
  if (curve.measured !== null) {
    lines.push({
      label: 'measured', colour: '--event', kind: 'dashed',
      values: measuredAt(times, run.run.start_unix_s, curve.measured),
    });
  }
  const show = figureFormat(curve.unit);
  return new Pane({
    title: curve.label,
    unit: `${curve.unit}; median, 50 % and 90 % of the paths`,
    fileName: `bands-${curve.name}`,
    times,
    lines,
    height: 200,
    format: show,
    tick: (value) => show(value),
    timeAxis: last,
    range: [run.run.start_unix_s, run.run.start_unix_s + run.run.length_s],
    day: [run.run.start_unix_s + run.run.day_from_s, run.run.start_unix_s + run.run.day_to_s],
    bands: [
      { series: [1, 2], fill: () => faded('--price', 0.16) },
      { series: [3, 4], fill: () => faded('--price', 0.26) },
    ],
    syncKey: 'bands',
    stamp,
  });
}

function showFigure(host: HTMLElement, figure: Figure, stamp: string, drawings: Drawings): void {
  const values = Array.from(decodeColumn(figure.values)).filter((value) => Number.isFinite(value));
  const show = figureFormat(figure.unit);
  if (values.length === 0) {
    host.replaceChildren(element('div', { class: 'empty' }, element('span', {}, 'no path has a value')));
    drawings.drop('figure');
    return;
  }
  const histogram = element('canvas', { role: 'img', 'aria-label': `Distribution of ${figure.label}` });
  const settling = element('canvas', { role: 'img', 'aria-label': `Convergence of ${figure.label}` });
  const words = [
    `median ${show(figure.p50 ?? values[0]!)}`,
    ...(figure.se === null ? [] : [`± ${show(figure.se)} (standard error)`]),
    ...(figure.p05 === null || figure.p95 === null ? [] : [`5 to 95 %: ${show(figure.p05)} to ${show(figure.p95)}`]),
    ...(figure.measured === null ? [] : [`measured ${show(figure.measured)} (dashed)`]),
    `${figure.n} paths with a value`,
  ].join(' · ');
  const csv = (): void => downloadCsv(`distribution-${figure.metric}`, stamp, ['path', figure.metric],
    values.map((value, k) => [k, value]));
  host.replaceChildren(
    element('div', { class: 'pane-head' }, element('div', { class: 'legend' }, words),
      element('span', { class: 'tools' },
        button('PNG', () => downloadCanvas(histogram, figure.label, stamp, `distribution-${figure.metric}`), 'tool'),
        button('CSV', csv, 'tool'))),
    histogram,
    element('p', { class: 'note' }, 'The same quantiles from the first n paths: where they still wander, there are too few.'),
    settling);
  drawings.show('figure', host, (width) => {
    drawDistribution(histogram, bins(values), figure, width, show);
    drawConvergence(settling, convergence(values), width, show);
  });
}

export function bandsSection(bands: BandsJson, run: RunJson, stamp: string, drawings: Drawings): HTMLElement {
  const times = bandTimes(bands, run);
  const fans = element('div', { class: 'card' });
  const host = element('div', { class: 'card' });
  const failed = bands.failed > 0 ? ` ${bands.failed} paths failed and are not in it.` : '';
  queueMicrotask(() => {
    drawings.showPanes('bands', fans, bands.curves.map((curve, k) =>
      fan(curve, times, run, stamp, k === bands.curves.length - 1)));
    showFigure(host, bands.figures[0]!, stamp, drawings);
  });
  return element('section', {},
    element('h2', {}, `Over ${bands.paths} paths`),
    element('p', { class: 'note' },
      `The same scenario with ${bands.paths} seeds. Dark: half of the paths; light: nine of ten.${failed} The other sections show the first path.`),
    fans,
    element('h3', {}, 'One figure over the paths'),
    element('div', { class: 'toolbar' },
      choice(bands.figures.map((figure) => figure.label), 0, (k) => showFigure(host, bands.figures[k]!, stamp, drawings), 'Figure')),
    host);
}
