// The report's section on the chain: lending, health factors, the synthetic dollar, the incident.
import { lendingPanes, pegPanes, poolPane } from '../chart/defi_panes';
import { debtBelow, drawHealth, healthBins, healthColours } from '../chart/health_chart';
import { drawBatch, stageNames } from '../chart/incident_chart';
import { decodeAttacked, decodeHealth, type AttackedPool, type DefiJson, type IncidentJson, type PoolJson } from '../model/defi';
import * as format from '../model/format';
import type { RunJson } from '../model/run';
import { button, element, table } from './dom';
import type { Drawings } from './drawings';
import { downloadCanvas, downloadCsv } from './export';

export function defiSection(defi: DefiJson, run: RunJson, stamp: string, drawings: Drawings): HTMLElement {
  const section = element('section', { id: 'defi' },
    element('h2', {}, 'DeFi'),
    element('p', { class: 'note' },
      'One chain beside the venues, on the same ledger: what keepers seize there is sold in the books above. Sums cover the whole run.'));
  section.append(...lending(defi, run, stamp, drawings));
  if (defi.peg !== null) {
    section.append(...peg(defi.peg, defi.pools, run, stamp, drawings));
  }
  if (defi.pools.length > 0) {
    section.append(...pools(defi.pools, run, stamp, drawings));
  }
  if (defi.incident !== null) {
    section.append(...incident(defi.incident, run, stamp, drawings));
  }
  return section;
}

const share = (value: number | null): string =>
  (value === null ? format.noData : format.percent(value, value !== 0 && value < 0.00995 ? 2 : 1));

function lending(defi: DefiJson, run: RunJson, stamp: string, drawings: Drawings): Node[] {
  if (defi.markets.length === 0) {
    return [nothing('no lending was recorded in this run')];
  }
  const when = (s: number): string => format.moment(run.run.start_unix_s + s);
  const parts: Node[] = [
    element('h3', { class: 'part' }, 'Lending'),
    table(
      [
        { title: 'Market', style: 'label' }, { title: 'Borrowed at the start', style: 'number' },
        { title: 'Liquidated', style: 'number strong' }, { title: 'Of borrowings', style: 'number' },
        { title: 'Keepers’ calls', style: 'number' }, { title: 'Bad debt', style: 'number' },
        { title: 'Fullest use', style: 'number' }, { title: 'Highest borrow rate', style: 'number' },
      ],
      defi.markets.map((market) => [
        market.name,
        format.money(market.borrowed_start_usd),
        format.money(market.liquidated_usd),
        share(market.liquidated_share),
        format.count(market.calls),
        format.money(market.deficit_usd),
        peak(format.percent(market.utilisation_max.value), market.utilisation_max.token, when(market.utilisation_max.time_s)),
        peak(format.percent(market.borrow_apr_max.value), market.borrow_apr_max.token, when(market.borrow_apr_max.time_s)),
      ])),
  ];
  if (defi.markets.length > 1) {
    parts.push(element('div', { class: 'below' }, element('p', { class: 'note' },
      'The oracle of the share token repeats the price that its manager names. When the token fails nobody is liquidated and no bad debt is written off: '
      + 'lenders leave, use goes to 100 %, and the shortfall stays hidden in what is left.')));
  }
  if (defi.mix.length > 0) {
    parts.push(mixTable(defi));
  }
  if (defi.health.length > 0) {
    parts.push(element('div', { class: 'below' }, health(defi, run, stamp, drawings)));
  }
  const host = element('div', { class: 'card' });
  parts.push(element('div', { class: 'below' }, host));
  queueMicrotask(() => drawings.showPanes('lending', host, lendingPanes(defi, run, stamp)));
  return parts;
}

function peak(value: string, token: string, when: string): HTMLElement {
  return element('span', {}, value, element('span', { class: 'under' }, `${token}, ${when}`));
}

function mixTable(defi: DefiJson): HTMLElement {
  const rows = defi.mix.map((part) => [
    part.name, format.percent(part.share, 0), [part.status, part.source].filter((text) => text !== '').join(': '),
  ]);
  return element('div', { class: 'below' },
    element('p', { class: 'note' },
      'What is borrowed against what at the large lenders. Loops pledge what moves with the debt, run close to their limit and fall by a discount of the pair only; '
      + 'plain loans fall with the price.'),
    table([{ title: 'Borrowed', style: 'label' }, { title: 'Share', style: 'number' }, { title: 'Source', style: 'small' }], rows, 'narrow'));
}

function health(defi: DefiJson, run: RunJson, stamp: string, drawings: Drawings): HTMLElement {
  const snapshots = defi.health.map(decodeHealth);
  const bins = healthBins(snapshots);
  const legend = element('div', { class: 'legend' });
  snapshots.forEach((snapshot, i) => legend.append(element('span', { class: 'key' },
    element('span', { class: 'swatch area', style: `background: var(${healthColours[i % healthColours.length]!})` }),
    `${snapshot.label}, ${format.moment(run.run.start_unix_s + snapshot.timeS)}`)));
  const near = snapshots.map((snapshot) => `${snapshot.label} ${format.money(debtBelow(snapshot, 1.1))}`).join(', ');
  const canvas = element('canvas', { class: 'map', role: 'img', 'aria-label': `Debt by health factor; below 1.1: ${near}` });
  const csv = (): void => downloadCsv('health-factors', stamp,
    ['health_from', ...snapshots.map((snapshot) => `${snapshot.label}, USD`)],
    bins.bounds.map((bound, k) => [bound, ...bins.usd.map((row) => row[k]!)]));
  const host = element('div', { class: 'card' }, element('div', { class: 'pane' },
    element('div', { class: 'pane-head' },
      element('h3', {}, 'Debt by health factor ', element('span', { class: 'unit' }, 'USD; shaded: anybody may liquidate')),
      element('span', { class: 'tools' },
        button('PNG', () => downloadCanvas(canvas, 'Debt by health factor', stamp, 'health-factors'), 'tool'),
        button('CSV', csv, 'tool'))),
    legend,
    canvas,
    element('p', { class: 'note' }, `Debt below a health factor of 1.1: ${near}.`)));
  queueMicrotask(() => drawings.show('health', host, (width) => drawHealth(canvas, bins, width)));
  return host;
}

function peg(json: NonNullable<DefiJson['peg']>, pools: PoolJson[], run: RunJson, stamp: string, drawings: Drawings): Node[] {
  const host = element('div', { class: 'card' });
  queueMicrotask(() => drawings.showPanes('peg', host, pegPanes(json, pools.filter((pool) => pool.of_dollar), run, stamp)));
  const gap = json.gap_max === null ? '' : ` Largest difference between two venues at one time: ${format.price(json.gap_max)}.`;
  return [
    element('h3', { class: 'part' }, `${json.asset}, a synthetic dollar`),
    element('p', { class: 'note' },
      `It is bought and redeemed at par with its issuer; each venue has a book of its own and its own rule for what a coin counts as margin.${gap} `
      + `Accounts that were liquidated sold ${format.money(json.forced_sales_usd)} of it. Lowest prices are of any block, collateral values of the end of each step.`),
    table(
      [
        { title: 'Venue', style: 'label' }, { title: 'Counted as margin by' }, { title: 'Lowest price', style: 'number strong' },
        { title: 'Lowest as collateral', style: 'number' }, { title: 'When', style: 'quiet' },
        { title: 'Book at the start', style: 'number' }, { title: 'At the thinnest', style: 'number' },
      ],
      json.venues.map((venue) => [
        venue.venue, venue.rule, format.price(venue.price_low), format.price(venue.collateral_low),
        format.moment(run.run.start_unix_s + venue.low_s), format.money(venue.depth_start_usd), format.money(venue.depth_low_usd),
      ])),
    element('div', { class: 'below' }, host),
  ];
}

function pools(json: PoolJson[], run: RunJson, stamp: string, drawings: Drawings): Node[] {
  const host = element('div', { class: 'card' });
  queueMicrotask(() => drawings.showPanes('pools', host, [poolPane(json, run, stamp)]));
  const traded = json.filter((pool) => pool.of_dollar);
  const parts: Node[] = [element('h3', { class: 'part' }, 'Pools')];
  if (traded.length > 0) {
    parts.push(table(
      [
        { title: 'Pool of the synthetic dollar' }, { title: 'Lowest price', style: 'number strong' }, { title: 'When', style: 'quiet' },
        { title: 'Traded', style: 'number' }, { title: 'Invariant at the end', style: 'number' },
      ],
      traded.map((pool) => [
        pool.name, format.price(pool.price_low), format.moment(run.run.start_unix_s + pool.low_s), format.money(pool.traded_usd),
        pool.invariant_last.toFixed(6),
      ]), 'narrow'));
  }
  parts.push(element('div', { class: 'below' }, host));
  return parts;
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
  parts.push(lossTable(json, pools), element('div', { class: 'below' }, batches(pools, run, stamp, drawings)));
  return parts;
}

function lossTable(json: IncidentJson, pools: AttackedPool[]): HTMLElement {
  const eth = (value: number): string => `${format.count(value)} ETH`;
  const sum = pools.reduce((total, pool) => total + pool.stolenEth, 0);
  const rest = json.stolen_usd === null || json.reported_usd <= 0 ? [] : [[
    `Rest of the ${format.money(json.reported_usd)} reported: other pools and chains, a flow of its own`,
    '', '', '', format.money(json.remainder_usd), '',
  ]];
  return table(
    [
      { title: 'Pool' }, { title: 'Swaps', style: 'number' }, { title: 'Worth of a share', style: 'number' },
      { title: 'Taken', style: 'number strong' }, { title: 'At the price then', style: 'number strong' },
      { title: 'With corrected rounding', style: 'number' },
    ],
    [
      ...pools.map((pool) => [
        pool.name,
        String(pool.stage.length),
        `${pool.share[0]!.toFixed(3)} → ${pool.share[pool.share.length - 1]!.toFixed(3)} ETH`,
        eth(pool.stolenEth),
        format.money(pool.stolenUsd),
        '0 ETH',
      ]),
      ['Both, computed by the pools', '', '', eth(sum), format.money(json.stolen_usd), '0 ETH'],
      ...rest,
    ]);
}

function batches(pools: AttackedPool[], run: RunJson, stamp: string, drawings: Drawings): HTMLElement {
  const canvases = pools.map((pool) => element('canvas', {
    class: 'map', role: 'img',
    'aria-label': `${pool.name}: invariant and worth of a share through ${pool.stage.length} swaps`,
  }));
  const legend = element('div', { class: 'legend' },
    element('span', { class: 'key' }, element('span', { class: 'swatch', style: 'border-color: var(--gain)' }), 'invariant, scaled wei (left, logarithmic)'),
    element('span', { class: 'key' }, element('span', { class: 'swatch', style: 'border-color: var(--loss)' }), 'worth of one share, ETH (right)'));
  const host = element('div', { class: 'card' }, legend, ...canvases.map((canvas, i) => {
    const pool = pools[i]!;
    const name = `incident-${pool.name.replace('/', '-')}`;
    const csv = (): void => downloadCsv(name, stamp, ['swap', 'stage', 'invariant', 'share_eth'],
      Array.from(pool.invariant, (value, k) => [k + 1, stageNames[pool.stage[k]!] ?? '', value, pool.share[k]!]));
    return element('div', { class: 'pane' },
      element('div', { class: 'pane-head' },
        element('h3', {}, `${pool.name} `, element('span', { class: 'unit' }, `the batch of ${format.moment(run.run.start_unix_s + pool.timeS)} UTC`)),
        element('span', { class: 'tools' },
          button('PNG', () => downloadCanvas(canvas, `${pool.name} through the batch`, stamp, name), 'tool'),
          button('CSV', csv, 'tool'))),
      canvas);
  }));
  queueMicrotask(() => drawings.show('incident', host, (width) =>
    canvases.forEach((canvas, i) => drawBatch(canvas, pools[i]!, width))));
  return host;
}

function nothing(text: string): HTMLElement {
  return element('div', { class: 'card' }, element('div', { class: 'empty' }, element('span', {}, text)));
}
