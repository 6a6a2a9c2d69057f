// The board summary: two sheets of A4 with the verdicts, the levels, the five largest causes and what is not known.
import {
  attributionAnswer, changeOf, faceOf, identifiedOf, inWords, isMain, isVoid, labelOf, largestShares, leadMetric, leadOutcome, policyLabel, signedText,
  bandText, verdictAnswer, type AttributionJson, type Outcome, type PoliciesJson, type Verdict,
} from '../model/causes';
import { barsPicture, type Bar } from '../chart/bars';
import { causeBars } from '../chart/cause_bars';
import { attributionStamp, axisTick, levelsTable } from './attribution_page';
import { chip, element, nothing } from './dom';
import { paperWidth, type Drawings } from './drawings';
import { limitVerdicts, type LimitVerdict } from './limits';
import { layOut, type Rendered, type Verdict as HeadVerdict } from './page';
import { effectCell } from './policies_page';
import { dataTable, fitTables, number, type Cell } from './table';
import { verdictTones } from './verdict_page';

export interface BoardData {
  command: string;
  attribution: AttributionJson;
  limits: LimitVerdict[];
  policies: PoliciesJson | null;
  verdicts: Verdict[] | null;
}

const mostUnknown = 9;
const drivers = 5;

export function unknowns(data: BoardData): string[] {
  const { attribution, policies, verdicts } = data;
  const out: string[] = [];
  const gates = attribution.price_gates;
  if (gates.state !== 'met') {
    out.push(`Any cause's share in a fall of prices: ${gates.reason}.`);
  }
  attribution.outcomes.filter((outcome) => isMain(outcome) && !isVoid(outcome)).forEach((outcome) => {
    const open = outcome.shares.filter((share) => share.state !== 'identified');
    if (open.length > 0) {
      out.push(`What ${inWords(open.map((share) => labelOf(attribution, share.player)))} contributed to ${outcome.label}.`);
    }
  });
  const assumed = attribution.players.filter((player) => player.assumed_events.length > 0);
  if (assumed.length > 0) {
    out.push(`The true size of events of ${inWords(assumed.map((player) => player.label))}: it is assumed.`);
  }
  if (attribution.incomplete_seeds.length > 0) {
    out.push(`What seeds ${attribution.incomplete_seeds.join(', ')} say: worlds of theirs are not there.`);
  }
  if (policies === null) {
    out.push('What other rules would have done: no policy was tested beside this.');
  } else {
    const ranking = policies.rankings.find((row) => row.metric === leadMetric);
    if (ranking !== undefined && ranking.sign_flips.length > 0) {
      out.push(`Whether ${inWords(ranking.sign_flips.map((name) => policyLabel(policies, name)))} help: their sign differs between days.`);
    }
    if (ranking !== undefined && ranking.not_clear.length > 0) {
      out.push(`What ${ranking.not_clear.length} of ${policies.policies.length} policies do to what is liquidated: not clear with these seeds.`);
    }
  }
  if (verdicts !== null) {
    const open = verdicts.filter((verdict) => verdict.verdict === 'not identified');
    if (open.length > 0) {
      out.push(`Whether ${open.map((verdict) => verdict.id).join(', ')} of what was said are true.`);
    }
  }
  return out;
}

const mostLimits = 8;

// Broken ones first: what stands on paper is bounded.
function limitsPart(limits: LimitVerdict[]): Rendered {
  const urgency = [3, 1, 0, 2]; // of kept, at times, broken, not judged
  const sorted = [...limits].sort((a, b) => (urgency[a.verdict] ?? 2) - (urgency[b.verdict] ?? 2));
  const more = sorted.length - mostLimits;
  return limits.length === 0 ? { body: [nothing('not known: the scenario has no [limits], so that none is kept and none is broken')] } : {
    lead: 'In the worlds with everything in.',
    body: [
      element('ul', { class: 'verdicts' }, ...limitVerdicts(sorted.slice(0, mostLimits)).map((limit) =>
        element('li', {}, chip(limit.tone, limit.word), element('span', {}, limit.text)))),
      ...(more > 0 ? [element('p', { class: 'note' }, `${more} more of the scenario’s limits, kept or less urgent.`)] : []),
    ],
  };
}

// The largest alone, each from zero: of a waterfall with gaps nothing could be read.
function driverBars(data: AttributionJson, outcome: Outcome): Bar[] {
  const chosen = largestShares(outcome, drivers);
  return causeBars(data, outcome, 'averaged').length === 0 ? [] : causeBars(data, { ...outcome, shares: chosen.map((share) => ({ ...share, removed: share.shapley })) }, 'alone');
}

function driversPart(data: AttributionJson, drawings: Drawings, stamp: string): Rendered {
  const outcome = leadOutcome(data);
  if (outcome === null) {
    return { body: [nothing('no seed has all of its worlds: no cause is known')] };
  }
  const chosen = largestShares(outcome, drivers);
  return {
    lead: `Of ${outcome.label}, ${outcome.when}: what each adds, averaged over all orders in which causes can come together; ${outcome.seeds} seeds, 5 to 95 %.`,
    body: [
      drawings.card('drivers', () => [barsPicture({
        title: outcome.label, unit: outcome.unit === 'fraction' ? 'per cent' : outcome.unit, name: 'board-drivers', stamp,
        bars: driverBars(data, outcome), tick: axisTick(outcome.unit),
      })]),
      dataTable({
        name: 'board-drivers', title: 'Five largest causes', quietTitle: true, stamp, style: 'tight',
        columns: [
          { title: 'Cause', kind: 'label' }, { title: 'Adds', kind: 'number', strong: true },
          { title: '5 … 95 %', kind: 'number', csv: ['p05', 'p95'] }, { title: 'May it be said', kind: 'text' },
        ],
        rows: chosen.map((share): Cell[] => [
          labelOf(data, share.player), number(signedText(outcome.unit, share.shapley?.mean), share.shapley?.mean ?? null),
          number(share.shapley === null || share.shapley.n < 2 ? '—' : bandText(outcome.unit, share.shapley.p05, share.shapley.p95),
            [share.shapley?.p05 ?? null, share.shapley?.p95 ?? null]),
          share.state === 'identified' ? 'identified' : faceOf(outcome, share, data.price_gates),
        ]),
      }),
    ],
  };
}

// The three that help most and the two that harm most.
export function boardPolicies(order: string[]): string[] {
  return order.length <= 5 ? order : [...order.slice(0, 3), ...order.slice(-2)];
}

function policiesPart(data: PoliciesJson | null, stamp: string): Rendered {
  const ranking = data?.rankings.find((row) => row.metric === leadMetric);
  const figure = data?.figures.find((one) => one.metric === leadMetric);
  if (data === null || ranking === undefined || figure === undefined) {
    return { body: [nothing('not known: no policy was tested beside this (attribute --policies FILE)')] };
  }
  const days = data.days.filter((day) => !day.quiet).slice(0, 2);
  const names = boardPolicies(ranking.order);
  return names.length === 0 ? { body: [nothing(`no policy has a clear effect on ${figure.label} on the crash days`)] } : {
    lead: `Mean change of ${figure.label} over paired worlds, best first. It helps or harms where its 90 % interval lies on one side of 0.`,
    body: [dataTable({
      name: 'board-policies', title: 'Rules that change it', quietTitle: true, stamp, style: 'tight',
      columns: [
        { title: 'Policy', kind: 'label' },
        ...days.flatMap((day) => [
          { title: day.scenario, kind: 'number' as const, csv: [`${day.scenario}_change`, `${day.scenario}_low`, `${day.scenario}_high`] },
          { title: 'Effect', kind: 'text' as const },
        ]),
      ],
      rows: names.map((name): Cell[] => [policyLabel(data, name), ...days.flatMap((day): Cell[] => {
        const change = changeOf(day, name, leadMetric);
        return [
          number(signedText(figure.unit, change?.change),
            [change?.change ?? null, change?.low ?? null, change?.high ?? null]),
          effectCell(data, figure, change?.effect ?? 'not known'),
        ];
      })]),
    })],
  };
}

function statementsPart(verdicts: Verdict[] | null, stamp: string): Rendered {
  return verdicts === null ? { body: [nothing('not judged beside this (attribute --verdicts FILE)')] } : {
    lead: verdictAnswer(verdicts),
    body: [dataTable({
      name: 'board-statements', title: 'What was said', quietTitle: true, stamp, style: 'tight', most: verdicts.length,
      columns: [{ title: '', kind: 'text', csv: ['id'] }, { title: 'Statement', kind: 'text' }, { title: 'Verdict', kind: 'text' }],
      rows: verdicts.map((verdict): Cell[] => [
        verdict.id, verdict.statement, { shown: chip(verdictTones[verdict.verdict], verdict.verdict), text: verdict.verdict },
      ]),
    })],
  };
}

function headVerdicts(data: AttributionJson): HeadVerdict[] {
  return data.outcomes.filter(isMain).map((outcome): HeadVerdict => {
    const found = identifiedOf(outcome).length;
    const voided = isVoid(outcome);
    return {
      tone: voided || found === 0 ? 'unknown' : found === outcome.shares.length ? 'kept' : 'close',
      word: voided ? 'void' : `${found} of ${outcome.shares.length} identified`,
      text: outcome.label,
    };
  });
}

// Paper between the margins of the style sheet, CSS pixels: 297 mm less 2 x 14 mm, and a little to spare.
const sheetHeight = ((297 - 28) * 96) / 25.4 - 12;
const secondSheet = 'policies';

// What is taller than its sheet is made smaller, so that the page stays on two. After Drawings.follow, which
// lays the page out for paper.
export function fitSheets(main: HTMLElement, drawings: Drawings): void {
  const fits = (): boolean => {
    const box = main.getBoundingClientRect();
    const second = document.getElementById(secondSheet)!.getBoundingClientRect().top;
    return second - box.top <= sheetHeight && box.bottom - second <= sheetHeight;
  };
  addEventListener('beforeprint', () => {
    for (let zoom = 1; zoom > 0.5 && !fits(); zoom -= 0.04) {
      main.style.setProperty('zoom', String(zoom));
      main.style.width = `${paperWidth / zoom}px`;
      fitTables();
      drawings.drawAll();
    }
  });
  addEventListener('afterprint', () => main.style.removeProperty('zoom'));
}

export function boardPage(main: HTMLElement, drawings: Drawings, data: BoardData): void {
  const { attribution } = data;
  const stamp = attributionStamp(attribution);
  main.classList.add('board');
  const [answer, ...more] = attributionAnswer(attribution);
  layOut('board', main, {
    title: `Board summary: ${attribution.title}`,
    about: '',
    answer: [answer!, ...more.slice(0, 2)],
    verdicts: headVerdicts(attribution),
    stamp,
  }, {
    limits: () => limitsPart(data.limits),
    levels: () => (attribution.levels.length === 0 ? { body: [nothing('no world kept its curves')] } : {
      lead: 'Simulated, with everything in: median and 5 to 95 % over seeds, over the whole run.',
      body: [levelsTable(attribution, stamp)],
    }),
    drivers: () => driversPart(attribution, drawings, stamp),
    policies: () => policiesPart(data.policies, stamp),
    statements: () => statementsPart(data.verdicts, stamp),
    unknown: () => {
      const all = unknowns(data);
      return {
        body: [element('ul', { class: 'limits' }, ...all.slice(0, mostUnknown).map((text) => element('li', {}, text)),
          ...(all.length > mostUnknown ? [element('li', {}, `${all.length - mostUnknown} more, in the report.`)] : []),
          element('li', {}, 'What the price will be: this says what stated rules and agents do with a stated shock.'))],
      };
    },
  }, `${data.command} · Margincall stress lab. ${stamp}`);
}
