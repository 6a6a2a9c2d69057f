// The report page: reads the run's data from the page and lays out the sections.
import 'uplot/dist/uPlot.min.css';
import './style.css';

import { crashStrip } from './chart/crash_strip';
import { fundPanes } from './chart/fund_chart';
import { mapLegend, mapPicture, sharedScale } from './chart/liquidation_map';
import { clock, dayMonth, moment } from './model/format';
import { decodeAsset, decodeFund, parseRun, type Asset, type RunJson } from './model/run';
import { bandsSection } from './view/bands_section';
import { defiSection } from './view/defi_section';
import { choice, element, nothing } from './view/dom';
import { Drawings } from './view/drawings';
import { layOut, type Rendered } from './view/page';
import { reproductionBody, reproductionLead } from './view/reproduction_section';
import * as sections from './view/sections';

const run = parseRun(document.getElementById('run-data')!.textContent ?? '');
const stamp = sections.stampText(run);
const main = document.getElementById('report')!;
const drawings = new Drawings();

const assets = new Map<number, Asset>();
function assetAt(index: number): Asset {
  let asset = assets.get(index);
  if (asset === undefined) {
    asset = decodeAsset(run.assets[index]!);
    assets.set(index, asset);
  }
  return asset;
}

function stripSection(data: RunJson): Rendered {
  const host = element('div', { class: 'card' });
  const time = element('span', { class: 'cursor-time' });
  const onCursor = (unixS: number | null): void => {
    time.replaceChildren(...(unixS === null
      ? ['move over a picture to read values; drag to zoom, double-click to see all']
      : [element('b', {}, `${dayMonth(unixS)} ${clock(unixS)}`), ' UTC']));
  };
  const show = (index: number): void => drawings.show('strip', host, crashStrip(assetAt(index), data, stamp, onCursor));
  onCursor(null);
  queueMicrotask(() => show(0));
  return {
    lead: `All times UTC. The tinted part is the day of the headline figures (${moment(data.run.start_unix_s + data.run.day_from_s)} to ${moment(data.run.start_unix_s + data.run.day_to_s)}). Numbers above the price are the declared events below. Hatched: no data.`,
    body: [
      element('div', { class: 'toolbar' },
        choice(data.assets.map((asset) => asset.name), 0, show, 'Asset'),
        element('span', { class: 'screen-only' }, time)),
      host,
      sections.eventList(data),
    ],
  };
}

function mapSection(data: RunJson): Rendered {
  const host = element('div', { class: 'card' });
  const show = (index: number): void => showMaps(host, assetAt(index), data);
  queueMicrotask(() => show(0));
  return {
    lead: 'Notional that would be liquidated if the mark price touched a level, by the leverage the account chose; all venues, first liquidation of each account. '
      + 'The curves add up from the current price outwards. All pictures share both scales.',
    body: [
      element('div', { class: 'toolbar' }, choice(data.assets.map((asset) => asset.name), 0, show, 'Asset'),
        element('div', { class: 'legend' }, ...mapLegend())),
      host,
    ],
  };
}

function showMaps(host: HTMLElement, asset: Asset, data: RunJson): void {
  const scale = sharedScale(asset.map);
  drawings.show('map', host, asset.map.map((map, i) => mapPicture(map, asset, {
    scale, startS: data.run.start_unix_s, stamp, counted: 'accounts', bottomAxis: i === asset.map.length - 1,
  })));
  if (asset.map.length === 0) {
    host.append(element('div', { class: 'empty' }, element('span', {}, `no liquidation map of ${asset.name} in this run`)));
  }
}

function fundSection(data: RunJson): Rendered {
  const tables = [...sections.forcedTables(data), sections.adlTable(data)];
  if (data.funds.length === 0) {
    return { body: [nothing('no fund records in this run'), ...tables] };
  }
  const host = element('div', { class: 'card' });
  const show = (index: number): void => drawings.show('fund', host, fundPanes(decodeFund(data.funds[index]!), data, stamp));
  queueMicrotask(() => show(0));
  return {
    lead: 'What the fund of a venue has, what comes in from liquidations and what goes out for losses beyond the margin; below, what winners gave.',
    body: [
      element('div', { class: 'toolbar' }, choice(data.funds.map((fund) => `venue ${fund.venue}`), 0, show, 'Venue')),
      host, ...tables,
    ],
  };
}

layOut('run', main, sections.head(run), {
  headline: () => sections.headlineTable(run),
  paths: () => (run.bands === null ? null : bandsSection(run.bands, run, stamp, drawings)),
  happened: () => stripSection(run),
  map: () => mapSection(run),
  reproduction: () => (run.reproduction === null ? null
    : { lead: reproductionLead, body: reproductionBody(run.reproduction, run, stamp, drawings) }),
  funds: () => fundSection(run),
  defi: () => (run.defi === null ? null : defiSection(run.defi, run, stamp, drawings)),
  measured: () => sections.comparison(run),
  inputs: () => sections.inputs(run),
  limits: () => sections.limits(),
  reproduce: () => sections.reproduce(run),
}, `Margincall stress lab. ${stamp}`);

drawings.follow(main);
