// Sizes a canvas for the screen's pixels, clears it and sets what all charts drawn by hand share.
import { axisFont } from './theme';

export function openCanvas(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
  const ratio = devicePixelRatio || 1;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  canvas.style.height = `${height}px`;
  const ctx = canvas.getContext('2d')!;
  ctx.scale(ratio, ratio);
  ctx.clearRect(0, 0, width, height);
  ctx.font = axisFont;
  ctx.textBaseline = 'middle';
  return ctx;
}
