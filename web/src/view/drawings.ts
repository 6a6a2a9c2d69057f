// Everything on a page that is drawn, so that it can be drawn again: at another width, in other colours,
// for paper.
import { element } from './dom';
import { fitTables } from './table';

// A picture with its frame: Pane (over time) or Picture.
export interface Drawn {
  readonly node: HTMLElement;
  draw(width: number): void;
  redraw(): void;
  destroy(): void;
}

function inside(host: HTMLElement): number {
  const style = getComputedStyle(host);
  return host.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
}

// Of the paper between its margins, CSS pixels: A4 less 12 mm at either side.
export const paperWidth = 700;

export class Drawings {
  private readonly groups = new Map<string, { host: HTMLElement; drawn: Drawn[] }>();

  // Replaces what stands in a host; the old charts are destroyed.
  show(key: string, host: HTMLElement, drawn: Drawn[]): void {
    this.groups.get(key)?.drawn.forEach((old) => old.destroy());
    this.groups.set(key, { host, drawn });
    host.replaceChildren(...drawn.map((one) => one.node));
    drawn.forEach((one) => one.draw(inside(host)));
  }

  // A card that holds pictures; drawn as soon as it stands in the page.
  card(key: string, make: () => Drawn[]): HTMLElement {
    const host = element('div', { class: 'card' });
    queueMicrotask(() => this.show(key, host, make()));
    return host;
  }

  // Everything at the width that it has now.
  drawAll(): void {
    this.groups.forEach(({ host, drawn }) => drawn.forEach((one) => one.draw(inside(host))));
  }

  private redrawAll(): void {
    this.groups.forEach(({ drawn }) => drawn.forEach((one) => one.redraw()));
  }

  // Draws again when the page's width or its colours change, and on paper.
  follow(page: HTMLElement): void {
    let pending = 0;
    new ResizeObserver(() => {
      cancelAnimationFrame(pending);
      pending = requestAnimationFrame(() => this.drawAll());
    }).observe(page);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.redrawAll());
    const printable = (on: boolean): void => {
      document.documentElement.classList.toggle('printing', on);
      page.style.width = on ? `${paperWidth}px` : '';
      fitTables();
      this.drawAll();
      this.redrawAll();
    };
    addEventListener('beforeprint', () => printable(true));
    addEventListener('afterprint', () => printable(false));
  }
}
