// Lending and the synthetic dollar over time, under the crash strip's cursor and zoom.
import { bucketSums, bucketWidth, known, type Values } from '../model/columns';
import type { DefiJson, PoolJson } from '../model/defi';
import * as format from '../model/format';
import { decodeColumn, gridTimes, type RunJson } from '../model/run';
import { eventMarks, timeRange } from './crash_strip';
import { Pane, type Line, type PaneOptions } from './pane';
import { lineColours } from './theme';

const barsMax = 300;

type Common = Pick<PaneOptions, 'times' | 'range' | 'day' | 'events' | 'syncKey' | 'stamp' | 'timeAxis'>;

function common(run: RunJson, stamp: string): Common {
  const start = run.run.start_unix_s;
  return {
    times: gridTimes(run),
    range: timeRange(run),
    day: [start + run.run.day_from_s, start + run.run.day_to_s],
    events: eventMarks(run),
    syncKey: 'strip',
    stamp,
    timeAxis: false,
  };
}

const share = (value: number): string => format.percent(value, 1);
const shareTick = (value: number, step: number): string => format.percent(value, step < 0.01 ? 1 : 0);

function reservePane(
  defi: DefiJson, options: Common, column: 'utilisation' | 'borrow_apr', title: string, unit: string): Pane {
  const several = defi.markets.length > 1;
  return new Pane({
    ...options,
    title,
    unit,
    fileName: `chain-${column.replace('_', '-')}`,
    lines: defi.reserves.map((reserve, i): Line => ({
      label: several ? `${reserve.market}: ${reserve.token}` : reserve.token,
      colour: lineColours[i % lineColours.length]!,
      values: known(decodeColumn(reserve[column])),
      width: 1.6,
    })),
    height: 130,
    format: share,
    tick: shareTick,
    includeZero: true,
    numbers: column === 'utilisation',
  });
}

function liquidationPane(run: RunJson, options: Common, repaid: Float32Array, seized: Float32Array): Pane {
  const width = bucketWidth(run.grid.count, run.grid.step_s, barsMax);
  const seconds = width * run.grid.step_s;
  const bars = (column: Float32Array): Values => bucketSums(column, width);
  return new Pane({
    ...options,
    times: Array.from({ length: Math.ceil(run.grid.count / width) },
      (_unused, k) => run.run.start_unix_s + k * seconds),
    title: 'Liquidations on chain',
    unit: `USD per ${format.duration(seconds)}, all lending markets`,
    fileName: 'chain-liquidations',
    lines: [
      { label: 'collateral seized', colour: '--loss', kind: 'bars', opacity: 0.38, values: bars(seized) },
      { label: 'debt repaid', colour: '--loss', kind: 'bars', values: bars(repaid) },
    ],
    height: 120,
    format: format.money,
    tick: format.moneyTick,
    includeZero: true,
  });
}

function any(column: Float32Array): boolean {
  return column.some((value) => value > 0);
}

// Pictures of things that did not happen are left out; the table above says zero.
export function lendingPanes(defi: DefiJson, run: RunJson, stamp: string): Pane[] {
  const options = common(run, stamp);
  const repaid = decodeColumn(defi.liquidations.repaid);
  const seized = decodeColumn(defi.liquidations.seized);
  const deficit = decodeColumn(defi.liquidations.deficit);
  const liquidated = any(seized);
  const lost = any(deficit);
  const panes = [
    reservePane(defi, options, 'utilisation', 'Use of the reserves', 'borrowed over supplied'),
    reservePane(defi, { ...options, timeAxis: !liquidated && !lost }, 'borrow_apr', 'Borrow rate', '% per year'),
  ];
  if (liquidated) {
    panes.push(liquidationPane(run, { ...options, timeAxis: !lost }, repaid, seized));
  }
  if (lost) {
    panes.push(new Pane({
      ...options,
      timeAxis: true,
      title: 'Bad debt',
      unit: 'USD written off and not covered, all lending markets',
      fileName: 'chain-bad-debt',
      lines: [{ label: 'bad debt', colour: '--loss', values: known(deficit), width: 1.8 }],
      height: 90,
      format: format.money,
      tick: format.moneyTick,
      includeZero: true,
    }));
  }
  return panes;
}

// Pools of the incident fall at once, those of the synthetic dollar gain their fees: the axis holds both.
export function poolPane(pools: PoolJson[], run: RunJson, stamp: string): Pane {
  return new Pane({
    ...common(run, stamp),
    timeAxis: true,
    title: 'Invariants of the pools',
    unit: 'over their value at the start',
    fileName: 'pool-invariants',
    lines: pools.map((pool, i): Line => ({
      label: pool.name,
      colour: lineColours[i % lineColours.length]!,
      values: known(decodeColumn(pool.invariant)),
      width: 1.6,
    })),
    height: 110,
    format: (value) => value.toFixed(6),
    tick: (value, step) => value.toFixed(stepDigits(step, 1)),
  });
}

// Digits that tell neighbouring labels apart.
function stepDigits(step: number, least: number): number {
  return Math.max(least, Math.min(8, Math.ceil(-Math.log10(step) - 1e-9)));
}

export function pegPanes(peg: NonNullable<DefiJson['peg']>, pools: PoolJson[], run: RunJson, stamp: string): Pane[] {
  const options = common(run, stamp);
  const lines: Line[] = [];
  peg.venues.forEach((venue, i) => {
    const colour = lineColours[i % lineColours.length]!;
    lines.push(
      { label: `${venue.venue}, lowest`, colour, values: known(decodeColumn(venue.low)), width: 1.5 },
      { label: `${venue.venue}, as collateral`, colour, kind: 'dashed', values: known(decodeColumn(venue.collateral)), width: 1.5 });
  });
  pools.forEach((pool, i) => lines.push({
    label: pool.name,
    colour: lineColours[(peg.venues.length + i) % lineColours.length]!,
    values: known(decodeColumn(pool.price)),
    width: 1.5,
  }));
  return [
    new Pane({
      ...options,
      title: `Price of ${peg.asset}`,
      unit: 'USD, lowest of each step; dashed: what the venue takes it for as margin',
      fileName: `${peg.asset}-peg`,
      lines,
      height: 210,
      format: format.price,
      tick: (value, step) => `$${value.toFixed(stepDigits(step, 2))}`,
      numbers: true,
    }),
    new Pane({
      ...options,
      timeAxis: true,
      title: `Books of ${peg.asset}`,
      unit: 'USD resting within 4 % of mid, both sides',
      fileName: `${peg.asset}-depth`,
      lines: peg.venues.map((venue, i): Line => ({
        label: venue.venue,
        colour: lineColours[i % lineColours.length]!,
        values: known(decodeColumn(venue.depth)),
        width: 1.4,
      })),
      height: 110,
      format: format.money,
      tick: format.moneyTick,
      includeZero: true,
    }),
  ];
}
