// A picture drawn by hand on a canvas, in the frame that all pictures have: title, buttons for PNG and CSV,
// a text in words and numbers, and a cursor by mouse and keyboard that reads what stands there.
import type { CsvValue } from './csv';
import { keyboardCursor } from './cursor';
import { button, element } from './dom';
import { downloadCanvas, downloadCsv } from './export';

export interface PictureOptions {
  title: string;
  unit?: string;
  name: string; // of the files
  stamp: string;
  about: string; // what the picture shows, in words and numbers
  legend?: Node[];
  note?: string; // below
  paint: (canvas: HTMLCanvasElement, width: number) => void;
  csv: () => { head: string[]; rows: CsvValue[][] };
  cursor: PictureCursor;
}

// Where a cursor stands, CSS pixels: on a line from top to bottom at `x`, or on a box.
export interface Place {
  x: number;
  y?: number;
  width?: number;
  height?: number;
}

export interface PictureCursor {
  count: number;
  place: (index: number, width: number) => Place;
  read: (index: number) => string;
  rowLength?: number; // of a grid
}

export class Picture {
  readonly node: HTMLElement;
  private readonly canvas: HTMLCanvasElement;
  private readonly line: HTMLElement;
  private readonly reading: HTMLElement;
  private width = 0;

  constructor(private readonly options: PictureOptions) {
    const { title, name, stamp } = options;
    this.canvas = element('canvas', { role: 'img', 'aria-label': `${title}${options.unit === undefined ? '' : `, ${options.unit}`}. ${options.about}` });
    this.line = element('div', { class: 'cursor-line' });
    this.line.hidden = true;
    this.reading = element('div', { class: 'reading screen-only', 'aria-hidden': 'true' }, '');
    const host = element('div', { class: 'plot' }, this.canvas, this.line);
    keyboardCursor(host, title, {
      range: () => [0, options.cursor.count - 1],
      move: (index) => this.move(index),
      read: options.cursor.read,
      ...(options.cursor.rowLength === undefined ? {} : { rowLength: options.cursor.rowLength }),
    });
    host.addEventListener('pointermove', (event) => this.move(this.nearest(event)));
    host.addEventListener('pointerleave', () => this.move(null));
    this.node = element('div', { class: 'pane' },
      element('div', { class: 'pane-head' },
        element('h3', {}, title, ...(options.unit === undefined ? [] : [' ', element('span', { class: 'unit' }, options.unit)])),
        element('span', { class: 'tools' },
          button('PNG', () => downloadCanvas(this.canvas, title, stamp, name), 'tool', `Save "${title}" as a PNG picture`),
          button('CSV', () => {
            const { head, rows } = options.csv();
            downloadCsv(name, stamp, head, rows);
          }, 'tool', `Save the figures of "${title}" as CSV`))),
      ...(options.legend === undefined ? [] : [element('div', { class: 'legend' }, ...options.legend)]),
      host,
      this.reading,
      ...(options.note === undefined ? [] : [element('p', { class: 'note' }, options.note)]));
  }

  draw(width: number): void {
    if (width >= 100) {
      this.width = width;
      this.options.paint(this.canvas, width);
    }
  }

  redraw(): void {
    this.draw(this.width);
  }

  destroy(): void {
    this.move(null);
  }

  private nearest(event: PointerEvent): number {
    const { cursor } = this.options;
    const box = this.canvas.getBoundingClientRect();
    const off = (k: number): number => {
      const place = cursor.place(k, this.width);
      const across = place.x + (place.width ?? 0) / 2 - (event.clientX - box.left);
      const down = place.y === undefined ? 0 : place.y + (place.height ?? 0) / 2 - (event.clientY - box.top);
      return Math.hypot(across, down);
    };
    let best = 0;
    for (let k = 1; k < cursor.count; k++) {
      best = off(k) < off(best) ? k : best;
    }
    return best;
  }

  private move(index: number | null): void {
    this.line.hidden = index === null;
    this.reading.textContent = index === null ? '' : this.options.cursor.read(index);
    if (index !== null) {
      const place = this.options.cursor.place(index, this.width);
      const px = (value: number | undefined, none: string): string => (value === undefined ? none : `${value}px`);
      this.line.classList.toggle('box', place.y !== undefined);
      Object.assign(this.line.style, {
        left: px(place.x, '0'), top: px(place.y, '0'), width: px(place.width, '0'), height: px(place.height, 'auto'),
      });
    }
  }
}
