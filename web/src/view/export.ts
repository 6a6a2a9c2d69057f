// "Save as" of pictures and figures. Every file says which run it is from.
import { colour } from '../chart/theme';
import { csvText, type CsvValue } from './csv';

function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export function downloadCsv(name: string, stamp: string, header: string[], rows: CsvValue[][]): void {
  save(new Blob([csvText(stamp, header, rows)], { type: 'text/csv' }), `${name}.csv`);
}

// The picture with its title above and the run's stamp below.
export function downloadCanvas(picture: HTMLCanvasElement, title: string, stamp: string, name: string): void {
  const ratio = devicePixelRatio || 1;
  const canvas = document.createElement('canvas');
  canvas.width = picture.width + 24 * ratio;
  canvas.height = picture.height + 58 * ratio;
  const ctx = canvas.getContext('2d')!;
  ctx.fillStyle = colour('--card');
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  ctx.fillStyle = colour('--ink');
  ctx.font = `600 ${14 * ratio}px system-ui, sans-serif`;
  ctx.fillText(title, 12 * ratio, 22 * ratio);
  ctx.drawImage(picture, 12 * ratio, 32 * ratio);
  ctx.fillStyle = colour('--soft');
  ctx.font = `${11 * ratio}px system-ui, sans-serif`;
  ctx.fillText(stamp, 12 * ratio, canvas.height - 9 * ratio);
  canvas.toBlob((blob) => {
    if (blob !== null) {
      save(blob, `${name}.png`);
    }
  });
}
