// The crash strip: price, liquidations, open interest, funding, depth and spread of one asset, one under
// the other, with one time axis and one cursor.
import type uPlot from 'uplot';

import { bucketSums, bucketWidth, known, overlay, positive, scaled, stacked, type Values } from '../model/columns';
import * as format from '../model/format';
import { gridTimes, type Asset, type RunJson } from '../model/run';
import { Pane, type EventMark, type Line, type PaneOptions } from './pane';
import { faded, stackColours } from './theme';

export const depthBands = ['0.1 %', '0.5 %', '1 %', '2 %', '4 %'];
const bandOpacity = [1, 0.72, 0.5, 0.32, 0.18];
const liquidationBarsMax = 300;

type Common = Pick<
  PaneOptions, 'times' | 'range' | 'day' | 'events' | 'syncKey' | 'stamp' | 'timeAxis' | 'onCursor'>;

export function eventMarks(run: RunJson): EventMark[] {
  return run.events.map((event, i) => ({
    number: i + 1,
    atS: run.run.start_unix_s + event.at_s,
    untilS: run.run.start_unix_s + event.until_s,
  }));
}

export function timeRange(run: RunJson): [number, number] {
  const start = run.run.start_unix_s;
  return [start, start + run.grid.count * run.grid.step_s];
}

const moneyTick = format.moneyTick;
const priceTick = (value: number): string => format.price(value);

function pricePane(asset: Asset, run: RunJson, common: Common): Pane {
  const lines: Line[] = [
    { label: 'fair value from news', colour: '--fair', values: known(asset.fairValue), width: 1.2 },
  ];
  if (asset.perp !== null) {
    lines.push({ label: 'index', colour: '--index', values: known(asset.perp.index), width: 2.4 });
    lines.push({ label: 'mark', colour: '--mark', values: known(asset.perp.mark), width: 1.6 });
    lines.push({ label: `perp on ${asset.venue}`, colour: '--gain', values: known(asset.perp.close), width: 1 });
  }
  if (asset.spot !== null) {
    lines.push({ label: `spot on ${asset.venue}`, colour: '--price', values: known(asset.spot.close), width: 1.2 });
  }
  const bands: uPlot.Band[] = [];
  const traded = asset.spot ?? asset.perp;
  if (traded !== null) {
    // What was traded within each step, so that a wick between two closes is seen.
    const edge = { colour: '--price', kind: 'edge', hidden: true } as const;
    lines.push({ ...edge, label: 'high', values: known(traded.high) }, { ...edge, label: 'low', values: known(traded.low) });
    bands.push({ series: [lines.length - 1, lines.length], fill: () => faded('--price', 0.3) });
  }
  if (asset.measured !== null) {
    lines.push({
      label: `measured, ${format.duration(asset.measured.stepS)} closes`,
      colour: '--measured',
      kind: 'dashed',
      width: 1.7,
      values: overlay(common.times, run.run.start_unix_s, asset.measured),
      legend: (index) => measuredAt(asset, run, common.times[index]!),
    });
  }
  return new Pane({
    ...common,
    title: 'Price',
    unit: `USD per ${asset.name}`,
    fileName: `${asset.name}-price`,
    lines,
    bands,
    height: 250,
    format: format.price,
    tick: priceTick,
    numbers: true,
  });
}

// The measured close of the step that holds the time: shown between its points as well.
function measuredAt(asset: Asset, run: RunJson, unixS: number): string {
  const path = asset.measured!;
  const step = Math.ceil((unixS - run.run.start_unix_s) / path.stepS) - 1;
  return format.price(path.price[Math.max(step, 0)] ?? null);
}

function liquidationPane(asset: Asset, run: RunJson, common: Common): Pane {
  const width = bucketWidth(run.grid.count, run.grid.step_s, liquidationBarsMax);
  const bars = (column: Float32Array, sign: number): Values =>
    bucketSums(column, width).map((value) => (value === null ? null : value * sign));
  const shown = (values: Values) => (index: number) => format.money(Math.abs(values[index] ?? NaN));
  const line = (label: string, column: Float32Array, sign: number, colour: Line['colour'], opacity: number): Line => {
    const values = bars(column, sign);
    return { label, colour, opacity, kind: 'bars', values, legend: shown(values), csv: bucketSums(column, width) };
  };
  const { liquidations } = asset;
  const seconds = width * run.grid.step_s;
  return new Pane({
    ...common,
    times: Array.from({ length: Math.ceil(run.grid.count / width) },
      (_unused, k) => run.run.start_unix_s + k * seconds),
    title: 'Liquidations',
    unit: `USD per ${format.duration(seconds)}, all venues; longs up, shorts down`,
    fileName: `${asset.name}-liquidations`,
    lines: [
      line('longs, true', liquidations.longTrue, 1, '--loss', 0.38),
      { ...line('reported', liquidations.longReported, 1, '--loss', 1), csvName: 'longs, reported' },
      line('shorts, true', liquidations.shortTrue, -1, '--gain', 0.38),
      { ...line('reported', liquidations.shortReported, -1, '--gain', 1), csvName: 'shorts, reported' },
    ],
    height: 150,
    format: format.money,
    tick: (value, step) => moneyTick(Math.abs(value), step),
    zeroLine: true,
    includeZero: true,
  });
}

function openInterestPane(asset: Asset, common: Common): Pane {
  const sums = stacked(asset.openInterest.map((row) => row.usd));
  // Drawn from the top of the stack down, so that each area covers what lies under the next.
  const lines: Line[] = asset.openInterest.map((row, i): Line => ({
    label: row.venue,
    colour: stackColours[i % stackColours.length]!,
    kind: 'area',
    opacity: 0.85,
    values: sums[i]!,
    legend: (index) => format.money(row.usd[index] ?? null),
    csv: known(row.usd),
  })).reverse();
  // Areas between neighbouring sums; the lowest goes down to zero.
  const bands: uPlot.Band[] = lines.slice(1).map((_line, i) => ({ series: [i + 1, i + 2] }));
  return new Pane({
    ...common,
    title: 'Open interest',
    unit: 'USD at mark, perpetuals, stacked by venue',
    fileName: `${asset.name}-open-interest`,
    lines,
    bands,
    height: 140,
    format: format.money,
    tick: moneyTick,
    includeZero: true,
  });
}

function fundingPane(asset: Asset, run: RunJson, common: Common): Pane {
  const rate = (value: number): string => format.percent(value, 4);
  const lines: Line[] = [];
  if (asset.perp !== null) {
    lines.push({
      label: `venue ${asset.venue}, running estimate`, colour: '--gain', values: known(asset.perp.funding8h), width: 1.2,
    });
  }
  asset.fundingPrints.forEach((prints, i) => {
    const values: Values = new Array<number | null>(common.times.length).fill(null);
    prints.timeS.forEach((s, k) => {
      const slot = Math.min(Math.max(Math.ceil(s / run.grid.step_s) - 1, 0), values.length - 1);
      values[slot] = prints.rate8h[k] ?? null;
    });
    lines.push({
      label: `${prints.venue} settled`,
      colour: stackColours[i % stackColours.length]!,
      kind: 'points',
      values,
      legend: (index) => {
        const after = prints.timeS.findIndex((s) => Math.ceil(s / run.grid.step_s) - 1 > index);
        const last = after === -1 ? prints.timeS.length - 1 : after - 1;
        return last < 0 ? format.noData : rate(prints.rate8h[last]!);
      },
    });
  });
  return new Pane({
    ...common,
    title: 'Funding',
    unit: '% per 8 h; above zero longs pay',
    fileName: `${asset.name}-funding`,
    lines,
    height: 130,
    format: rate,
    tick: (value, step) => format.percent(value, Math.max(1, Math.min(5, -Math.floor(Math.log10(step * 100) + 1e-9)))),
    zeroLine: true,
    includeZero: true,
  });
}

function depthPane(asset: Asset, common: Common): Pane {
  const book = asset.perp ?? asset.spot;
  const lines: Line[] = [];
  const side = (columns: Float32Array[], name: string, colour: Line['colour'], sign: number): void => {
    for (let band = columns.length - 1; band >= 0; band--) {
      const column = columns[band]!;
      lines.push({
        label: `${name} ${depthBands[band]!}`,
        colour,
        kind: 'area',
        opacity: bandOpacity[band]!,
        values: scaled(column, sign),
        legend: (index) => format.money(column[index] ?? null),
        csv: known(column),
      });
    }
  };
  if (book !== null) {
    side(book.ask, 'ask', '--ask', 1);
    side(book.bid, 'bid', '--bid', -1);
  }
  return new Pane({
    ...common,
    title: 'Depth',
    unit: `USD resting within a distance of mid, venue ${asset.venue} ${asset.perp !== null ? 'perp' : 'spot'}; asks up, bids down`,
    fileName: `${asset.name}-depth`,
    lines,
    height: 190,
    format: format.money,
    tick: (value, step) => moneyTick(Math.abs(value), step),
    zeroLine: true,
    includeZero: true,
  });
}

function spreadPane(asset: Asset, common: Common): Pane {
  const book = asset.perp ?? asset.spot;
  return new Pane({
    ...common,
    title: 'Spread',
    unit: 'bps of mid, largest in the step, logarithmic',
    fileName: `${asset.name}-spread`,
    lines: book === null ? [] : [
      { label: `venue ${asset.venue}`, colour: '--price', values: positive(book.spreadBps), width: 1 },
    ],
    height: 120,
    format: format.bps,
    tick: (value) => (value >= 1 ? `${value} bps` : `${Number(value.toPrecision(1))} bps`),
    logarithmic: true,
  });
}

export function crashStrip(
  asset: Asset, run: RunJson, stamp: string, onCursor: (unixS: number | null) => void): Pane[] {
  const start = run.run.start_unix_s;
  const common: Common = {
    times: gridTimes(run),
    range: timeRange(run),
    day: [start + run.run.day_from_s, start + run.run.day_to_s],
    events: eventMarks(run),
    syncKey: 'strip',
    stamp: `${stamp} · ${asset.name}`,
    timeAxis: false,
  };
  return [
    pricePane(asset, run, { ...common, onCursor }),
    liquidationPane(asset, run, common),
    openInterestPane(asset, common),
    fundingPane(asset, run, common),
    depthPane(asset, common),
    spreadPane(asset, { ...common, timeAxis: true }),
  ];
}
