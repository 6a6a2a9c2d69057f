// The pictures of a comparison: every run in the same panes, with one colour a run, one axis of time, one
// cursor, and one scale of values.
import { known, type Values } from '../model/columns';
import { columnOf, liquidationBars, stepTimes, type AssetOfRun, type SeriesJson } from '../model/compare';
import * as format from '../model/format';
import { decodeColumn } from '../model/run';
import { Pane, type Line } from './pane';
import { runColours } from './theme';

const barsMax = 180;

export function runColour(index: number): (typeof runColours)[number] {
  return runColours[index % runColours.length]!;
}

export function comparePanes(
  series: SeriesJson, assetIndex: number, venueIndex: number, names: string[], stamp: string,
  onCursor: (second: number | null) => void): Pane[] {
  const asset = series.assets[assetIndex]!;
  const times = stepTimes(series);
  const start = series.start_unix_s ?? 0;
  const common = {
    times,
    range: [start, start + series.count * series.step_s] as [number, number],
    syncKey: 'compare',
    stamp: `${stamp} · ${asset.name}`,
    timeAxis: false,
    relative: series.start_unix_s === null,
  };
  const money = { format: format.money, tick: format.moneyTick };
  const lines = (values: (run: AssetOfRun | null) => Values): Line[] =>
    asset.runs.map((run, k) => ({ label: names[k]!, colour: runColour(k), values: values(run), width: 1.6 }));
  const column = (name: keyof AssetOfRun) => (run: AssetOfRun | null): Values => columnOf(run, name, series.count);
  const asks = asset.runs.map((run, k): Line => ({
    label: `${names[k]!}, asks`, colour: runColour(k), values: column('asks')(run), width: 1.2, opacity: 0.7,
  }));
  const bids = asset.runs.map((run, k): Line => {
    const values = column('bids')(run);
    return {
      label: `${names[k]!}, bids`,
      colour: runColour(k),
      values: values.map((value) => (value === null ? null : -value)),
      csv: values,
      legend: (index) => format.money(values[index]),
      width: 1.6,
    };
  });
  const panes = [
    new Pane({
      ...common,
      title: `${asset.name} price`,
      unit: 'USD, close; reference venue, spot where there is one',
      fileName: `compare-price-${asset.name}`,
      lines: lines(column('price')),
      height: 210,
      format: format.price,
      tick: (value) => format.price(value),
      onCursor,
    }),
    ...liquidationPanes(series, asset, names, common),
    new Pane({
      ...common,
      ...money,
      title: `${asset.name} resting within 1 %`,
      unit: 'USD, perp of the reference venue; asks up, bids down',
      fileName: `compare-depth-${asset.name}`,
      lines: [...bids, ...asks],
      height: 170,
      tick: (value, step) => format.moneyTick(Math.abs(value), step),
      zeroLine: true,
      includeZero: true,
    }),
    new Pane({
      ...common,
      ...money,
      title: `${asset.name} open interest`,
      unit: 'USD at mark, all venues, one side',
      fileName: `compare-open-interest-${asset.name}`,
      lines: lines(column('open_interest')),
      height: 150,
      timeAxis: series.funds.length === 0,
    }),
  ];
  const fund = series.funds[venueIndex];
  if (fund !== undefined) {
    panes.push(new Pane({
      ...common,
      ...money,
      title: `Insurance fund of ${fund.venue}`,
      unit: 'USD, cash',
      fileName: `compare-fund-${fund.venue}`,
      lines: fund.runs.map((run, k) => ({
        label: names[k]!, colour: runColour(k), values: known(decodeColumn(run)), width: 1.6,
      })),
      height: 150,
      timeAxis: true,
    }));
  }
  return panes;
}

// One pane a run, because bars of several runs would hide each other; all have one scale.
function liquidationPanes(
  series: SeriesJson, asset: SeriesJson['assets'][number], names: string[],
  common: { range: [number, number]; syncKey: string; stamp: string; timeAxis: boolean; relative: boolean }): Pane[] {
  const bars = liquidationBars(asset.runs, series, barsMax);
  const start = series.start_unix_s ?? 0;
  const seconds = bars.width * series.step_s;
  return bars.runs.map((run, k) => new Pane({
    ...common,
    times: Array.from({ length: run.long.length }, (_unused, i) => start + i * seconds),
    title: `Liquidated, ${names[k]!}`,
    unit: `${asset.name}, USD per ${format.duration(seconds)}, all venues; shorts up, longs down`,
    fileName: `compare-liquidations-${asset.name}-${k + 1}`,
    lines: [
      {
        label: 'long', colour: '--loss', kind: 'bars', values: run.long,
        csv: run.long.map((value) => (value === null ? null : -value)),
        legend: (index) => format.money(run.long[index] == null ? null : -run.long[index]!),
      },
      { label: 'short', colour: '--gain', kind: 'bars', values: run.short },
    ],
    height: 96,
    format: format.money,
    tick: (value, step) => format.moneyTick(Math.abs(value), step),
    zeroLine: true,
    fixedRange: bars.scale,
    edgeColour: runColour(k),
  }));
}
