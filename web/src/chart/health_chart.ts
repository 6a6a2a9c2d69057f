// Debt by health factor before, at the low and after: three bars a bin, one scale.
import type { HealthSnapshot } from '../model/defi';
import { moneyTick } from '../model/format';
import { openCanvas } from './canvas';
import { niceStep } from './liquidation_map';
import { axisWidth } from './pane';
import { colour, type Colour } from './theme';

export const healthColours: Colour[] = ['--band1', '--loss', '--price'];
const rowWidth = 0.05; // of health factor
const firstBound = 0.9; // below it one bin
const lastBound = 2; // above it one bin

export interface HealthBins {
  bounds: number[]; // lower bounds of the bins; the first holds everything below the second
  usd: number[][]; // by snapshot, then bin
  max: number;
}

// Bins that all snapshots share; the first one holds all that lies below.
export function healthBins(snapshots: HealthSnapshot[]): HealthBins {
  const place = (snapshot: HealthSnapshot, i: number): number => Math.round((snapshot.high[i]! - rowWidth) / rowWidth);
  let first = Math.round(0.95 / rowWidth); // the bin below one is always shown
  let last = first;
  for (const snapshot of snapshots) {
    for (let i = 0; i < snapshot.debt.length; i++) {
      first = Math.min(first, place(snapshot, i));
      last = Math.max(last, place(snapshot, i));
    }
  }
  const bounds = Array.from({ length: last - first + 1 }, (_unused, k) => Number(((first + k) * rowWidth).toFixed(2)));
  const usd = snapshots.map((snapshot) => {
    const row = bounds.map(() => 0);
    for (let i = 0; i < snapshot.debt.length; i++) {
      row[place(snapshot, i) - first]! += snapshot.debt[i]!;
    }
    return row;
  });
  return { bounds, usd, max: Math.max(0, ...usd.flat()) };
}

// Debt of the accounts below a health factor, USD.
export function debtBelow(snapshot: HealthSnapshot, health: number): number {
  let sum = 0;
  for (let i = 0; i < snapshot.debt.length; i++) {
    sum += snapshot.high[i]! <= health + 1e-6 ? snapshot.debt[i]! : 0;
  }
  return sum;
}

const rightSide = 12;
function slotWidth(bins: HealthBins, width: number): number {
  return (width - rightSide - axisWidth(width)) / bins.bounds.length;
}
// The middle of a bin, CSS pixels.
export function healthX(bins: HealthBins, k: number, width: number): number {
  return axisWidth(width) + (k + 0.5) * slotWidth(bins, width);
}

export function drawHealth(canvas: HTMLCanvasElement, bins: HealthBins, width: number): void {
  const height = 240;
  const ctx = openCanvas(canvas, width, height);
  const left = axisWidth(width);
  const right = width - rightSide;
  const top = 10;
  const bottom = height - 40;
  const slot = slotWidth(bins, width);
  const y = (usd: number): number => bottom - (usd / (bins.max * 1.06 || 1)) * (bottom - top);
  ctx.textAlign = 'right';
  const step = niceStep(bins.max || 1, 4);
  for (let usd = 0; usd <= bins.max * 1.06; usd += step) {
    ctx.fillStyle = colour('--grid');
    ctx.fillRect(left, y(usd), right - left, 1);
    ctx.fillStyle = colour('--soft');
    ctx.fillText(moneyTick(usd, step), left - 7, y(usd));
  }
  // Below one anybody may liquidate.
  const safe = bins.bounds.findIndex((bound) => bound > 1 - rowWidth / 2);
  if (safe > 0) {
    ctx.fillStyle = colour('--adl');
    ctx.fillRect(left, top, safe * slot, bottom - top);
  }
  const bar = (slot * 0.86) / bins.usd.length;
  bins.usd.forEach((row, i) => {
    ctx.fillStyle = colour(healthColours[i % healthColours.length]!);
    row.forEach((usd, k) => {
      if (usd > 0) {
        const high = Math.max(bottom - y(usd), 1);
        ctx.fillRect(left + k * slot + slot * 0.07 + i * bar, bottom - high, Math.max(bar - 0.5, 1), high);
      }
    });
  });
  ctx.fillStyle = colour('--line');
  ctx.fillRect(left, bottom, right - left, 1);
  labelBins(ctx, bins, left, slot, bottom);
  ctx.textAlign = 'center';
  const axis = 'health factor: worth of the collateral at its liquidation limit over the debt';
  ctx.fillText(ctx.measureText(axis).width < right - left ? axis : 'health factor', (left + right) / 2, bottom + 30);
}

// At the lower bounds of the bins; the outer bins are open.
function labelBins(ctx: CanvasRenderingContext2D, bins: HealthBins, left: number, slot: number, bottom: number): void {
  const every = Math.max(1, Math.ceil(40 / slot));
  ctx.fillStyle = colour('--soft');
  ctx.textAlign = 'center';
  bins.bounds.forEach((bound, k) => {
    const open = bound > lastBound - rowWidth / 2;
    if (bound > firstBound - rowWidth / 2 && (open || Math.round(bound / rowWidth) % every === 0)) {
      ctx.fillText(open ? `${bound.toFixed(2)} +` : bound.toFixed(2), left + k * slot, bottom + 12);
    }
  });
}
