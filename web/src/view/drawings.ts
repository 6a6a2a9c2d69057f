// Everything on a page that is drawn, so that it can be drawn again: at another width, in other colours,
// for paper.
import type { Pane } from '../chart/pane';

interface Drawing {
  host: HTMLElement;
  draw: (width: number) => void;
  redraw: () => void;
}

const cardPadding = 28;

export class Drawings {
  private readonly groups = new Map<string, Drawing[]>();
  private readonly panes = new Map<string, Pane[]>();

  // Replaces the panes of a host; the old charts are destroyed.
  showPanes(key: string, host: HTMLElement, panes: Pane[]): void {
    this.panes.get(key)?.forEach((pane) => pane.destroy());
    this.panes.set(key, panes);
    host.replaceChildren(...panes.map((pane) => pane.node));
    this.groups.set(key, panes.map((pane) => ({
      host,
      draw: (width) => pane.draw(width - cardPadding),
      redraw: () => pane.redraw(),
    })));
    panes.forEach((pane) => pane.draw(host.clientWidth - cardPadding));
  }

  // A picture of another kind: `draw` gets the width inside the host, now and whenever it changes.
  show(key: string, host: HTMLElement, draw: (width: number) => void): void {
    const inside = (width: number): void => draw(width - cardPadding);
    this.groups.set(key, [{ host, draw: inside, redraw: () => inside(host.clientWidth) }]);
    inside(host.clientWidth);
  }

  drop(key: string): void {
    this.groups.delete(key);
  }

  drawAll(): void {
    this.each((drawing) => drawing.draw(drawing.host.clientWidth));
  }

  redrawAll(): void {
    this.each((drawing) => drawing.redraw());
  }

  // Draws again when the page's width or its colours change, and on paper; `beforePrint` opens what
  // paper cannot open.
  follow(page: HTMLElement, beforePrint: () => void = () => undefined): void {
    let pending = 0;
    new ResizeObserver(() => {
      cancelAnimationFrame(pending);
      pending = requestAnimationFrame(() => this.drawAll());
    }).observe(page);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.redrawAll());
    const printable = (on: boolean): void => {
      document.documentElement.classList.toggle('printing', on);
      page.style.width = on ? '700px' : '';
      if (on) {
        beforePrint();
      }
      this.drawAll();
      this.redrawAll();
    };
    addEventListener('beforeprint', () => printable(true));
    addEventListener('afterprint', () => printable(false));
  }

  private each(act: (drawing: Drawing) => void): void {
    for (const group of this.groups.values()) {
      group.forEach(act);
    }
  }
}
