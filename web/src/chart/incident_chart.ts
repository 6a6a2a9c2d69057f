// A pool through the attacker's batch: its invariant (logarithmic) and the worth of one share, swap by
// swap, over the three stages of the batch.
import { stages, type AttackedPool } from '../model/defi';
import { openCanvas } from './canvas';
import { axisWidth } from './pane';
import { colour } from './theme';

export const stageNames = ['drain', 'round', 'buy back'];

export interface BatchScale {
  low: number; // power of ten below the smallest invariant
  high: number; // above the largest
  shareMax: number;
}

export function batchScale(pool: AttackedPool): BatchScale {
  const known = Array.from(pool.invariant).filter((value) => value > 0);
  return {
    low: Math.floor(Math.log10(Math.min(...known))),
    high: Math.ceil(Math.log10(Math.max(...known))),
    shareMax: Math.max(...pool.share) * 1.08,
  };
}

const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';
export function powerOfTen(power: number): string {
  return `10${String(power).replace('-', '⁻').replace(/\d/g, (digit) => superscripts[Number(digit)]!)}`;
}

// Where a swap of the batch stands, CSS pixels.
export function batchX(step: number, count: number, width: number): number {
  const side = axisWidth(width);
  return side + (step / Math.max(count - 1, 1)) * (width - 2 * side);
}

export function drawBatch(canvas: HTMLCanvasElement, pool: AttackedPool, width: number): void {
  const height = 224;
  const ctx = openCanvas(canvas, width, height);
  const left = axisWidth(width);
  const right = width - left;
  const top = 24;
  const bottom = height - 38;
  const scale = batchScale(pool);
  const count = pool.stage.length;
  const x = (step: number): number => batchX(step, count, width);
  const yLog = (power: number): number => bottom - ((power - scale.low) / (scale.high - scale.low)) * (bottom - top);
  const yShare = (value: number): number => bottom - (value / scale.shareMax) * (bottom - top);

  stages(pool.stage).forEach((part, i) => {
    const from = Math.max(x(part.from - 0.5), left);
    const to = Math.min(x(part.to + 0.5), right);
    if (i % 2 === 1) {
      ctx.fillStyle = colour('--day');
      ctx.fillRect(from, top, to - from, bottom - top);
    }
    ctx.fillStyle = colour('--soft');
    ctx.textAlign = 'center';
    const swaps = part.to - part.from + 1;
    const name = stageNames[part.stage] ?? '';
    ctx.fillText(to - from > 90 ? `${name}, ${swaps} swaps` : name, Math.min((from + to) / 2, right - 20), top - 12);
  });
  const every = Math.ceil((scale.high - scale.low) / 6);
  for (let power = scale.low; power <= scale.high; power += every) {
    ctx.fillStyle = colour('--grid');
    ctx.fillRect(left, yLog(power), right - left, 1);
    ctx.fillStyle = colour('--soft');
    ctx.textAlign = 'right';
    ctx.fillText(powerOfTen(power), left - 7, yLog(power));
  }
  ctx.textAlign = 'left';
  for (let share = 0; share <= scale.shareMax; share += 0.25) {
    ctx.fillText(share.toFixed(2), right + 7, yShare(share));
  }
  ctx.textAlign = 'center';
  const apart = right - left < 400 ? 20 : 10;
  for (let step = 0; step < count; step += apart) {
    ctx.fillText(String(step + 1), x(step), bottom + 12);
  }
  ctx.fillText('swap of the batch', (left + right) / 2, bottom + 28);
  path(ctx, '--gain', Array.from(pool.invariant, (value) => (value > 0 ? yLog(Math.log10(value)) : null)), x);
  path(ctx, '--loss', Array.from(pool.share, (value) => yShare(value)), x);
}

function path(ctx: CanvasRenderingContext2D, name: '--gain' | '--loss', ys: (number | null)[], x: (step: number) => number): void {
  ctx.strokeStyle = colour(name);
  ctx.lineWidth = 2;
  ctx.lineJoin = 'round';
  ctx.beginPath();
  let pen = false;
  ys.forEach((y, k) => {
    if (y !== null) {
      if (pen) {
        ctx.lineTo(x(k), y);
      } else {
        ctx.moveTo(x(k), y);
      }
    }
    pen = y !== null;
  });
  ctx.stroke();
}
