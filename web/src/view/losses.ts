// Losses over worlds: value at risk and expected shortfall, each with the number of worlds that it is said of.
import { valueText } from '../model/causes';
import { tailPercents, worldsNeeded, type LossJson } from '../model/losses';
import { element } from './dom';
import { dataTable, number, type Cell } from './table';

export const lossesLead = 'In 95 of 100 worlds the loss is at most so much (value at risk); the mean of the others is the expected shortfall. '
  + 'A level that too few worlds stand behind is not said: 95 of 100 takes 20 worlds, 99 of 100 takes 100.';

function tailCells(loss: LossJson, percent: number): Cell[] {
  const tail = loss.tails.find((one) => one.percent === percent);
  if (tail === undefined) {
    const why = `takes ${worldsNeeded(percent)} worlds`;
    return [number(element('span', { class: 'quiet' }, why), null), number('', null)];
  }
  return [number(valueText(loss.unit, tail.at_risk), tail.at_risk), number(valueText(loss.unit, tail.shortfall), tail.shortfall)];
}

export function lossesTable(losses: LossJson[], stamp: string): HTMLElement {
  return dataTable({
    name: 'losses', title: 'Losses over worlds', stamp, most: losses.length,
    columns: [
      { title: 'Loss', kind: 'label' }, { title: 'Over', kind: 'text' }, { title: 'Worlds', kind: 'number', csv: ['worlds', 'without_loss'] },
      { title: 'Median', kind: 'number' }, { title: 'Mean', kind: 'number' },
      ...tailPercents.flatMap((percent) => [
        { title: `In ${percent} of 100 at most`, kind: 'number' as const, strong: true, csv: [`at_risk_${percent}`] },
        { title: `Mean of the other ${100 - percent}`, kind: 'number' as const, csv: [`shortfall_${percent}`] },
      ]),
      { title: 'Worst', kind: 'number' },
    ],
    rows: losses.map((loss) => [
      loss.label, loss.horizon, number(loss.without === 0 ? String(loss.worlds) : `${loss.worlds}, ${loss.without} without`, [loss.worlds, loss.without]),
      number(valueText(loss.unit, loss.p50), loss.p50), number(valueText(loss.unit, loss.mean), loss.mean),
      ...tailPercents.flatMap((percent) => tailCells(loss, percent)),
      number(valueText(loss.unit, loss.worst), loss.worst),
    ]),
  });
}
