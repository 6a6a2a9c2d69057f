// The report's section on the chain: lending, health factors, the synthetic dollar, the incident.
import { lendingPanes, pegPanes, poolPane } from '../chart/defi_panes';
import { debtBelow, drawHealth, healthBins, healthColours, healthX } from '../chart/health_chart';
import { batchX, drawBatch, stageNames } from '../chart/incident_chart';
import { decodeAttacked, decodeHealth, type AttackedPool, type DefiJson, type IncidentJson, type PoolJson } from '../model/defi';
import * as format from '../model/format';
import type { RunJson } from '../model/run';
import { sevenDigits } from './csv';
import { element, legendKey, nothing } from './dom';
import type { Drawings } from './drawings';
import type { Rendered } from './page';
import { Picture } from './picture';
import { dataTable, number, type Cell } from './table';

export function defiSection(defi: DefiJson, run: RunJson, stamp: string, drawings: Drawings): Rendered {
  const body = [...lending(defi, run, stamp, drawings)];
  if (defi.peg !== null) {
    body.push(...peg(defi.peg, defi.pools, run, stamp, drawings));
  }
  if (defi.pools.length > 0) {
    body.push(...pools(defi.pools, run, stamp, drawings));
  }
  if (defi.incident !== null) {
    body.push(...incident(defi.incident, run, stamp, drawings));
  }
  return {
    lead: 'One chain beside the venues, on the same ledger: what keepers seize there is sold in the books above. Sums cover the whole run.',
    body,
  };
}

const share = (value: number | null): Cell =>
  number(value === null ? format.noData : format.percent(value, value !== 0 && value < 0.00995 ? 2 : 1), value);
const money = (value: number | null): Cell => number(format.money(value), value);
const price = (value: number | null): Cell => number(format.price(value), value);
const counted = (value: number): Cell => number(format.count(value), value);

function lending(defi: DefiJson, run: RunJson, stamp: string, drawings: Drawings): Node[] {
  if (defi.markets.length === 0) {
    return [nothing('no lending was recorded in this run')];
  }
  const when = (s: number): string => format.moment(run.run.start_unix_s + s);
  const parts: Node[] = [
    dataTable({
      name: 'lending',
      title: 'Lending',
      ...(defi.markets.length > 1 ? { note: 'The oracle of the share token repeats the price that its manager names. When the token fails nobody is liquidated and no bad debt is written off: '
        + 'lenders leave, use goes to 100 %, and the shortfall stays hidden in what is left.' } : {}),
      stamp,
      columns: [
        { title: 'Market', kind: 'label' }, { title: 'Borrowed at the start', kind: 'number' },
        { title: 'Liquidated', kind: 'number', strong: true }, { title: 'Of borrowings', kind: 'number' },
        { title: 'Keepers’ calls', kind: 'number' }, { title: 'Bad debt', kind: 'number' },
        { title: 'Fullest use', kind: 'number' }, { title: 'Highest borrow rate', kind: 'number' },
      ],
      rows: defi.markets.map((market) => [
        market.name,
        money(market.borrowed_start_usd),
        money(market.liquidated_usd),
        share(market.liquidated_share),
        counted(market.calls),
        money(market.deficit_usd),
        peak(market.utilisation_max, when),
        peak(market.borrow_apr_max, when),
      ]),
    }),
  ];
  if (defi.mix.length > 0) {
    parts.push(mixTable(defi, stamp));
  }
  if (defi.health.length > 0) {
    parts.push(health(defi, run, stamp, drawings));
  }
  parts.push(drawings.card('lending', () => lendingPanes(defi, run, stamp)));
  return parts;
}

function peak(most: { value: number; token: string; time_s: number }, when: (s: number) => string): Cell {
  return number(element('span', {}, format.percent(most.value), element('span', { class: 'under' }, `${most.token}, ${when(most.time_s)}`)), most.value);
}

function mixTable(defi: DefiJson, stamp: string): HTMLElement {
  return dataTable({
    name: 'borrowed',
    title: 'What is borrowed against what at the large lenders',
    note: 'Loops pledge what moves with the debt, run close to their limit and fall by a discount of the pair only; plain loans fall with the price.',
    stamp,
    style: 'narrow',
    columns: [{ title: 'Borrowed', kind: 'label' }, { title: 'Share', kind: 'number' }, { title: 'Source', kind: 'prose' }],
    rows: defi.mix.map((part) => [
      part.name, number(format.percent(part.share, 0), part.share), [part.status, part.source].filter((text) => text !== '').join(': '),
    ]),
  });
}

function health(defi: DefiJson, run: RunJson, stamp: string, drawings: Drawings): HTMLElement {
  const snapshots = defi.health.map(decodeHealth);
  const bins = healthBins(snapshots);
  const near = snapshots.map((snapshot) => `${snapshot.label} ${format.money(debtBelow(snapshot, 1.1))}`).join(', ');
  return drawings.card('health', () => [new Picture({
    title: 'Debt by health factor',
    unit: 'USD; shaded: anybody may liquidate',
    name: 'health-factors',
    stamp,
    about: `Debt below a health factor of 1.1: ${near}.`,
    legend: snapshots.map((snapshot, i) => legendKey(`var(${healthColours[i % healthColours.length]!})`, 'area',
      `${snapshot.label}, ${format.moment(run.run.start_unix_s + snapshot.timeS)}`)),
    note: `Debt below a health factor of 1.1: ${near}.`,
    paint: (canvas, width) => drawHealth(canvas, bins, width),
    csv: () => ({
      head: ['health_from', ...snapshots.map((snapshot) => `${snapshot.label}, USD`)],
      rows: bins.bounds.map((bound, k) => [bound, ...bins.usd.map((row) => sevenDigits(row[k]!))]),
    }),
    cursor: {
      count: bins.bounds.length,
      place: (k, width) => ({ x: healthX(bins, k, width) }),
      read: (k) => `health from ${bins.bounds[k]!.toFixed(2)}: `
        + snapshots.map((snapshot, i) => `${snapshot.label} ${format.money(bins.usd[i]![k]!)}`).join(', '),
    },
  })]);
}

function peg(json: NonNullable<DefiJson['peg']>, pools: PoolJson[], run: RunJson, stamp: string, drawings: Drawings): Node[] {
  const gap = json.gap_max === null ? '' : ` Largest difference between two venues at one time: ${format.price(json.gap_max)}.`;
  return [
    dataTable({
      name: 'synthetic-dollar',
      title: `${json.asset}, a synthetic dollar`,
      note: `It is bought and redeemed at par with its issuer; each venue has a book of its own and its own rule for what a coin counts as margin.${gap} `
        + `Accounts that were liquidated sold ${format.money(json.forced_sales_usd)} of it. Lowest prices are of any block, collateral values of the end of each step.`,
      stamp,
      columns: [
        { title: 'Venue', kind: 'text' }, { title: 'Counted as margin by', kind: 'text' }, { title: 'Lowest price', kind: 'number', strong: true },
        { title: 'Lowest as collateral', kind: 'number' }, { title: 'When', kind: 'text', quiet: true },
        { title: 'Book at the start', kind: 'number' }, { title: 'At the thinnest', kind: 'number' },
      ],
      rows: json.venues.map((venue) => [
        venue.venue, venue.rule, price(venue.price_low), price(venue.collateral_low),
        format.moment(run.run.start_unix_s + venue.low_s), money(venue.depth_start_usd), money(venue.depth_low_usd),
      ]),
    }),
    drawings.card('peg', () => pegPanes(json, pools.filter((pool) => pool.of_dollar), run, stamp)),
  ];
}

function pools(json: PoolJson[], run: RunJson, stamp: string, drawings: Drawings): Node[] {
  const traded = json.filter((pool) => pool.of_dollar);
  return [
    ...(traded.length === 0 ? [element('h3', { class: 'part' }, 'Pools')] : [dataTable({
      name: 'pools',
      title: 'Pools of the synthetic dollar',
      stamp,
      style: 'narrow',
      columns: [
        { title: 'Pool', kind: 'text' }, { title: 'Lowest price', kind: 'number', strong: true }, { title: 'When', kind: 'text', quiet: true },
        { title: 'Traded', kind: 'number' }, { title: 'Invariant at the end', kind: 'number' },
      ],
      rows: traded.map((pool) => [
        pool.name, price(pool.price_low), format.moment(run.run.start_unix_s + pool.low_s), money(pool.traded_usd),
        number(pool.invariant_last.toFixed(6), pool.invariant_last),
      ]),
    })]),
    drawings.card('pools', () => [poolPane(json, run, stamp)]),
  ];
}

const flaw =
  'A stable pool of ether and staked ether scales every amount by a rate before it prices a swap, and for an amount to be given out it rounded the scaled '
  + 'value down, so that it charged for a little less than it gave. '
  + 'The attacker first spent pool shares that he did not own yet to empty the pool, then left a handful of units of one token in it, where the lost unit is a large part '
  + 'of what is there, and repeated that swap until the pool believed that it held almost nothing. '
  + 'A share is priced by that belief, so he bought back the shares he owed for next to nothing, and the batch, paid only at its end, left him nearly all of the tokens.';

function incident(json: IncidentJson, run: RunJson, stamp: string, drawings: Drawings): Node[] {
  const pools = json.pools.map(decodeAttacked);
  const parts: Node[] = [
    element('h3', { class: 'part' }, `The incident: ${json.event}`),
    element('p', {}, flaw),
  ];
  if (pools.length === 0) {
    const why = json.paused ? 'the pools were paused' : json.rounding === 'corrected' ? 'the amounts were rounded up' : 'it did not act';
    parts.push(element('p', { class: 'note' }, `In this run no batch of the attacker earned anything, because ${why}; nothing was lost and nothing of it was sold.`));
    return parts;
  }
  parts.push(lossTable(json, pools, stamp), batches(pools, run, stamp, drawings));
  return parts;
}

function lossTable(json: IncidentJson, pools: AttackedPool[], stamp: string): HTMLElement {
  const eth = (value: number): Cell => number(`${format.count(value)} ETH`, value);
  const sum = pools.reduce((total, pool) => total + pool.stolenEth, 0);
  const rest: Cell[][] = json.stolen_usd === null || json.reported_usd <= 0 ? [] : [[
    `Rest of the ${format.money(json.reported_usd)} reported: other pools and chains, a flow of its own`,
    '', '', '', money(json.remainder_usd), '',
  ]];
  return dataTable({
    name: 'incident-losses',
    title: 'What was taken',
    stamp,
    columns: [
      { title: 'Pool', kind: 'text' }, { title: 'Swaps', kind: 'number' }, { title: 'Worth of a share, ETH', kind: 'number', csv: ['share_eth_before', 'share_eth_after'] },
      { title: 'Taken', kind: 'number', strong: true, csv: ['taken_eth'] }, { title: 'At the price then', kind: 'number', strong: true },
      { title: 'With corrected rounding', kind: 'number' },
    ],
    rows: [
      ...pools.map((pool): Cell[] => {
        const [before, after] = [pool.share[0]!, pool.share[pool.share.length - 1]!];
        return [
          pool.name,
          number(String(pool.stage.length), pool.stage.length),
          number(`${before.toFixed(3)} → ${after.toFixed(3)}`, [sevenDigits(before), sevenDigits(after)]),
          eth(pool.stolenEth),
          money(pool.stolenUsd),
          number('0 ETH', 0),
        ];
      }),
      ['Both, computed by the pools', '', '', eth(sum), money(json.stolen_usd), number('0 ETH', 0)],
      ...rest,
    ],
  });
}

function batches(pools: AttackedPool[], run: RunJson, stamp: string, drawings: Drawings): HTMLElement {
  return drawings.card('incident', () => pools.map((pool, i) => {
    const count = pool.stage.length;
    const [before, after] = [pool.share[0]!, pool.share[pool.share.length - 1]!];
    return new Picture({
      title: pool.name,
      unit: `the batch of ${format.moment(run.run.start_unix_s + pool.timeS)} UTC`,
      name: `incident-${pool.name.replace('/', '-')}`,
      stamp,
      about: `Invariant and worth of a share through ${count} swaps; a share falls from ${before.toFixed(3)} to ${after.toFixed(3)} ETH.`,
      ...(i > 0 ? {} : { legend: [
        legendKey('var(--gain)', 'line', 'invariant, scaled wei (left, logarithmic)'),
        legendKey('var(--loss)', 'line', 'worth of one share, ETH (right)'),
      ] }),
      paint: (canvas, width) => drawBatch(canvas, pool, width),
      csv: () => ({
        head: ['swap', 'stage', 'invariant', 'share_eth'],
        rows: Array.from(pool.invariant, (value, k) => [k + 1, stageNames[pool.stage[k]!] ?? '', sevenDigits(value), sevenDigits(pool.share[k]!)]),
      }),
      cursor: {
        count,
        place: (k, width) => ({ x: batchX(k, count, width) }),
        read: (k) => `swap ${k + 1}, ${stageNames[pool.stage[k]!] ?? ''}: invariant ${pool.invariant[k]!.toExponential(2)}, a share ${pool.share[k]!.toFixed(3)} ETH`,
      },
    });
  }));
}
