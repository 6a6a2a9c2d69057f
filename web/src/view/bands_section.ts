// What many paths say that one cannot: bands of the curves, distributions, and whether there are enough paths.
import { convergenceX, distributionRange, distributionX, drawConvergence, drawDistribution } from '../chart/distribution';
import { Pane, type Line } from '../chart/pane';
import { faded } from '../chart/theme';
import { bandTimes, bins, convergence, type BandsJson } from '../model/bands';
import { known, type Values } from '../model/columns';
import * as format from '../model/format';
import { decodeColumn, type RunJson } from '../model/run';
import { sevenDigits } from './csv';
import { choice, element } from './dom';
import type { Drawings } from './drawings';
import { lossesLead, lossesTable } from './losses';
import type { Rendered } from './page';
import { Picture } from './picture';

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
    tick: curve.unit === 'USD' ? format.moneyTick : show,
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

// Where the values lie, and how their quantiles settle as paths are added.
function figurePictures(figure: Figure, stamp: string): Picture[] {
  const values = Array.from(decodeColumn(figure.values)).filter((value) => Number.isFinite(value));
  if (values.length === 0) {
    return [];
  }
  const show = figureFormat(figure.unit);
  const words = [
    `median ${show(figure.p50 ?? values[0]!)}`,
    ...(figure.se === null ? [] : [`± ${show(figure.se)} (standard error)`]),
    ...(figure.p05 === null || figure.p95 === null ? [] : [`5 to 95 %: ${show(figure.p05)} to ${show(figure.p95)}`]),
    ...(figure.measured === null ? [] : [`measured ${show(figure.measured)} (dashed)`]),
    `${figure.n} paths with a value`,
  ].join(' · ');
  const counted = bins(values);
  const range = distributionRange(counted, figure);
  const settling = convergence(values);
  const last = settling.paths.at(-1) ?? 1;
  const edge = (k: number): number => counted.from + k * counted.width;
  return [
    new Picture({
      title: figure.label,
      unit: words,
      name: `distribution-${figure.metric}`,
      stamp,
      about: words,
      paint: (canvas, width) => drawDistribution(canvas, counted, figure, width, show),
      csv: () => ({ head: ['path', figure.metric], rows: values.map((value, k) => [k, sevenDigits(value)]) }),
      cursor: {
        count: counted.counts.length,
        place: (k, width) => ({ x: distributionX(edge(k) + counted.width / 2, range, width) }),
        read: (k) => `${show(edge(k))} to ${show(edge(k + 1))}: ${counted.counts[k]!} of ${values.length} paths`,
      },
    }),
    new Picture({
      title: 'Enough paths?',
      unit: 'the same quantiles from the first n paths; where they still wander, there are too few',
      name: `convergence-${figure.metric}`,
      stamp,
      about: `Median of all ${last} paths ${show(settling.p50.at(-1) ?? NaN)}, of the first half ${show(settling.p50[settling.p50.length >> 1] ?? NaN)}.`,
      paint: (canvas, width) => drawConvergence(canvas, settling, width, show),
      csv: () => ({
        head: ['paths', 'p05', 'p50', 'p95'],
        rows: settling.paths.map((n, k) => [n, sevenDigits(settling.p05[k]!), sevenDigits(settling.p50[k]!), sevenDigits(settling.p95[k]!)]),
      }),
      cursor: {
        count: settling.paths.length,
        place: (k, width) => ({ x: convergenceX(settling.paths[k]!, last, width) }),
        read: (k) => `first ${settling.paths[k]!} paths: median ${show(settling.p50[k]!)}, 5 to 95 % ${show(settling.p05[k]!)} to ${show(settling.p95[k]!)}`,
      },
    }),
  ];
}

export function bandsSection(bands: BandsJson, run: RunJson, stamp: string, drawings: Drawings): Rendered {
  const times = bandTimes(bands, run);
  const host = element('div', { class: 'card' });
  const failed = bands.failed > 0 ? ` ${bands.failed} paths failed and are not in it.` : '';
  const show = (figure: Figure): void => {
    const pictures = figurePictures(figure, stamp);
    drawings.show('figure', host, pictures);
    if (pictures.length === 0) {
      host.append(element('div', { class: 'empty' }, element('span', {}, 'no path has a value')));
    }
  };
  queueMicrotask(() => show(bands.figures[0]!));
  return {
    title: `Over ${bands.paths} paths`,
    lead: `The same scenario with ${bands.paths} seeds. Dark: half of the paths; light: nine of ten.${failed} The other sections show the first path.`,
    body: [
      drawings.card('bands', () => bands.curves.map((curve, k) => fan(curve, times, run, stamp, k === bands.curves.length - 1))),
      element('h3', { class: 'part' }, 'One figure over the paths'),
      element('div', { class: 'toolbar' },
        choice(bands.figures.map((figure) => figure.label), 0, (k) => show(bands.figures[k]!), 'Figure')),
      host,
      ...(bands.losses.length === 0 ? [] : [
        element('h3', { class: 'part' }, 'How large a loss may be'), element('p', { class: 'note' }, lossesLead), lossesTable(bands.losses, stamp),
      ]),
    ],
  };
}
