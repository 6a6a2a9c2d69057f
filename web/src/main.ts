// The report page: reads the run's data from the page and lays out the sections.
import 'uplot/dist/uPlot.min.css';
import './style.css';

import { crashStrip } from './chart/crash_strip';
import { fundPanes } from './chart/fund_chart';
import { bandNames, drawMap, mapTotals, sharedScale } from './chart/liquidation_map';
import { bandColours } from './chart/theme';
import { clock, dayMonth, moment } from './model/format';
import { decodeAsset, decodeFund, parseRun, type Asset, type RunJson } from './model/run';
import { bandsSection } from './view/bands_section';
import { defiSection } from './view/defi_section';
import { button, choice, element } from './view/dom';
import { Drawings } from './view/drawings';
import { downloadCanvas, downloadCsv } from './view/export';
import { reproductionBody, reproductionLead, reproductionTitle } from './view/reproduction_section';
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

function stripSection(data: RunJson): HTMLElement {
  const host = element('div', { class: 'card' });
  const time = element('span', { class: 'cursor-time' });
  const onCursor = (unixS: number | null): void => {
    time.replaceChildren(...(unixS === null
      ? ['move over a picture to read values; drag to zoom, double-click to see all']
      : [element('b', {}, `${dayMonth(unixS)} ${clock(unixS)}`), ' UTC']));
  };
  const show = (index: number): void => drawings.showPanes('strip', host, crashStrip(assetAt(index), data, stamp, onCursor));
  onCursor(null);
  const section = element('section', {},
    element('h2', {}, 'What happened'),
    element('p', { class: 'note' },
      `All times UTC. The tinted part is the day of the headline figures (${moment(data.run.start_unix_s + data.run.day_from_s)} to ${moment(data.run.start_unix_s + data.run.day_to_s)}). Numbers above the price are the declared events below. Hatched: no data.`),
    element('div', { class: 'toolbar' },
      choice(data.assets.map((asset) => asset.name), 0, show, 'Asset'),
      element('span', { class: 'screen-only' }, time)),
    host,
    sections.eventList(data));
  queueMicrotask(() => show(0));
  return section;
}

function mapSection(data: RunJson): HTMLElement {
  const host = element('div', { class: 'card' });
  const show = (index: number): void => showMaps(host, assetAt(index), data);
  const legend = element('div', { class: 'legend' });
  bandNames.forEach((name, band) => legend.append(element('span', { class: 'key' },
    element('span', { class: 'swatch area', style: `background: var(${bandColours[band]!})` }), name)));
  legend.append(
    element('span', { class: 'key' }, element('span', { class: 'swatch', style: 'border-color: var(--loss)' }), 'longs, cumulative (right axis)'),
    element('span', { class: 'key' }, element('span', { class: 'swatch', style: 'border-color: var(--gain)' }), 'shorts, cumulative (right axis)'));
  const section = element('section', {},
    element('h2', {}, 'Who would be liquidated where'),
    element('p', { class: 'note' },
      'Notional that would be liquidated if the mark price touched a level, by the leverage the account chose; all venues, first liquidation of each account. '
      + 'The curves add up from the current price outwards. All pictures share both scales.'),
    element('div', { class: 'toolbar' }, choice(data.assets.map((asset) => asset.name), 0, show, 'Asset'), legend),
    host);
  queueMicrotask(() => show(0));
  return section;
}

function showMaps(host: HTMLElement, asset: Asset, data: RunJson): void {
  if (asset.map.length === 0) {
    host.replaceChildren(element('div', { class: 'pane' },
      element('div', { class: 'empty' }, element('span', {}, `no liquidation map of ${asset.name} in this run`))));
    drawings.drop('map');
    return;
  }
  const scale = sharedScale(asset.map);
  const start = data.run.start_unix_s;
  const canvases = asset.map.map(() => element('canvas', { class: 'map' }));
  const draw = (width: number): void => canvases.forEach((canvas, i) =>
    drawMap(canvas, asset.map[i]!, asset, scale, start, width, i === canvases.length - 1));
  host.replaceChildren(...canvases.map((canvas, i) => {
    const map = asset.map[i]!;
    const name = `${asset.name}-liquidation-map-${map.label.replaceAll(' ', '-')}`;
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', `Liquidation map of ${asset.name} ${map.label}: ${mapTotals(map).text}`);
    return element('div', { class: 'pane' },
      element('div', { class: 'pane-head' },
        element('div', { class: 'legend' }, mapTotals(map).text),
        element('span', { class: 'tools' },
          button('PNG', () => downloadCanvas(canvas, `Liquidation map of ${asset.name}`, stamp, name), 'tool'),
          button('CSV', () => downloadCsv(name, stamp,
            ['price_low', 'price_high', 'side', 'leverage_band', 'notional_usd', 'accounts'],
            Array.from(map.usd, (usd, k) => [map.low[k]!, map.high[k]!, map.isLong[k]! > 0 ? 'long' : 'short',
              bandNames[map.band[k]!] ?? '', usd, map.accounts[k]!])), 'tool'))),
      canvas);
  }));
  drawings.show('map', host, draw);
}

function fundSection(data: RunJson): HTMLElement {
  const section = element('section', {}, element('h2', {}, 'Insurance funds and auto-deleveraging'));
  if (data.funds.length === 0) {
    section.append(element('div', { class: 'card' },
      element('div', { class: 'empty' }, element('span', {}, 'no fund records in this run'))));
  } else {
    const host = element('div', { class: 'card' });
    const show = (index: number): void =>
      drawings.showPanes('fund', host, fundPanes(decodeFund(data.funds[index]!), data, stamp));
    section.append(element('div', { class: 'toolbar' },
      choice(data.funds.map((fund) => `venue ${fund.venue}`), 0, show, 'Venue')), host);
    queueMicrotask(() => show(0));
  }
  section.append(element('div', { style: 'margin-top: 14px' }, ...sections.forcedTables(data), sections.adlTable(data)));
  return section;
}

main.replaceChildren(
  sections.header(run),
  sections.headlineTable(run),
  ...(run.bands === null ? [] : [bandsSection(run.bands, run, stamp, drawings)]),
  stripSection(run),
  mapSection(run),
  ...(run.reproduction === null ? [] : [element('section', {}, element('h2', {}, reproductionTitle),
    element('p', { class: 'note' }, reproductionLead), ...reproductionBody(run.reproduction, run, stamp, drawings))]),
  fundSection(run),
  ...(run.defi === null ? [] : [defiSection(run.defi, run, stamp, drawings)]),
  sections.comparison(run),
  sections.inputs(run),
  sections.reproduce(run),
  sections.limits(),
  element('footer', {}, `Margincall stress lab. ${stamp}`));

drawings.follow(main, () => document.querySelectorAll('details').forEach((node) => (node.open = true)));
