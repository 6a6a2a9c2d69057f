// Colours come from the style sheet, so that light, dark and paper are one definition.

export type Colour = `--${string}`;

export function colour(name: Colour): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export function faded(name: Colour, alpha: number): string {
  const hex = colour(name);
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(hex);
  if (match === null) {
    return hex;
  }
  const [red, green, blue] = match.slice(1, 4).map((part) => parseInt(part, 16));
  return `rgba(${red}, ${green}, ${blue}, ${alpha})`;
}

export const stackColours: Colour[] = [
  '--stack0', '--stack1', '--stack2', '--stack3', '--stack4', '--stack5', '--stack6',
];
// A few lines close to each other: neighbours far apart in hue.
export const lineColours: Colour[] = ['--stack0', '--stack3', '--stack2', '--stack1', '--stack5', '--stack6'];
// One a run of a comparison; neither of the two that mean loss and gain.
export const runColours: Colour[] = ['--price', '--stack5', '--stack1', '--stack3', '--stack2', '--stack6'];
export const bandColours: Colour[] = ['--band0', '--band1', '--band2', '--band3', '--band4'];
export const axisFont = '12px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif';

// Diagonal lines over a rectangle: "no data here".
export function hatch(
  ctx: CanvasRenderingContext2D, x: number, y: number, width: number, height: number, ratio: number): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(x, y, width, height);
  ctx.clip();
  ctx.strokeStyle = colour('--hatch');
  ctx.lineWidth = ratio;
  ctx.beginPath();
  const step = 7 * ratio;
  for (let offset = x - height; offset < x + width; offset += step) {
    ctx.moveTo(offset, y + height);
    ctx.lineTo(offset + height, y);
  }
  ctx.stroke();
  ctx.restore();
}
