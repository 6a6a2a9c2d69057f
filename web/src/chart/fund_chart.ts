// Insurance fund of one venue: balance over time, payments in and out, and where auto-deleveraging ran.
import { bucketSums, bucketWidth, known, type Values } from '../model/columns';
import * as format from '../model/format';
import { gridTimes, type Fund, type RunJson } from '../model/run';
import { eventMarks, timeRange } from './crash_strip';
import { Pane } from './pane';

const barsMax = 200;

export function fundPanes(fund: Fund, run: RunJson, stamp: string): Pane[] {
  const common = {
    range: timeRange(run),
    events: eventMarks(run),
    syncKey: 'fund',
    stamp: `${stamp} · venue ${fund.venue}`,
    format: format.money,
    tick: format.moneyTick,
  };
  const width = bucketWidth(run.grid.count, run.grid.step_s, barsMax);
  const seconds = width * run.grid.step_s;
  const sums = (column: Float32Array, sign: number): Values =>
    bucketSums(column, width).map((value) => (value === null ? null : Math.abs(value) * sign));
  const inflow = sums(fund.inflow, 1);
  const outflow = sums(fund.outflow, -1);
  return [
    new Pane({
      ...common,
      times: gridTimes(run),
      title: 'Fund',
      unit: `USD, venue ${fund.venue}; shaded while auto-deleveraging ran`,
      fileName: `fund-${fund.venue}`,
      lines: [
        { label: 'equity, with positions taken over', colour: '--mark', values: known(fund.equity), width: 1.4 },
        { label: 'cash', colour: '--price', values: known(fund.balance), width: 1.6 },
      ],
      height: 170,
      timeAxis: false,
      shade: (index) => (fund.adl[index] ?? 0) > 0,
    }),
    new Pane({
      ...common,
      times: Array.from({ length: inflow.length }, (_unused, k) => run.run.start_unix_s + k * seconds),
      title: 'Payments',
      unit: `USD per ${format.duration(seconds)}; in up, out down`,
      fileName: `fund-flows-${fund.venue}`,
      lines: [
        { label: 'in (left over from liquidations)', colour: '--gain', kind: 'bars', values: inflow },
        { label: 'out (losses beyond the margin)', colour: '--loss', kind: 'bars', values: outflow },
      ],
      height: 110,
      timeAxis: true,
      zeroLine: true,
      includeZero: true,
    }),
  ];
}
