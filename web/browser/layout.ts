// What every page must keep at every width, asked inside the page. Each answer is a list of complaints.

// No part of the page reaches beyond the window, no cell of a table is cut, every number stands at the
// right and every identifier as it is.
export function layoutComplaints(): string[] {
  const out: string[] = [];
  const root = document.documentElement;
  // Neither in a closed group nor among the heads that a stacked table has beside its values.
  const seen = (node: Element): boolean =>
    node.checkVisibility({ visibilityProperty: true }) && node.closest('.stacked thead') === null;
  const name = (node: Element): string => {
    const text = (node.textContent ?? '').trim().slice(0, 40);
    const section = node.closest('section[id]')?.id ?? 'head';
    return `${section}: <${node.tagName.toLowerCase()} class="${node.getAttribute('class') ?? ''}"> "${text}"`;
  };
  // Made ready for paper, the page is as wide as a sheet between its margins.
  const paper = root.classList.contains('printing') ? document.querySelector('main')!.getBoundingClientRect() : null;
  const [left, right] = paper === null ? [0, innerWidth] : [paper.left, paper.right];
  if (root.scrollWidth > innerWidth) {
    out.push(`the page is ${root.scrollWidth} px wide in a window of ${innerWidth}`);
  }
  document.querySelectorAll('main *').forEach((node) => {
    const box = node.getBoundingClientRect();
    if (seen(node) && box.width > 1 && (box.right > right + 0.5 || box.left < left - 0.5) && node.closest('.unseen') === null) {
      out.push(`reaches from ${box.left.toFixed(0)} to ${box.right.toFixed(0)}, not ${left.toFixed(0)} to ${right.toFixed(0)}: ${name(node)}`);
    }
  });
  document.querySelectorAll('td, th').forEach((cell) => {
    if (!seen(cell)) {
      return;
    }
    if (cell.scrollWidth > cell.clientWidth + 1) {
      out.push(`cell is cut, ${cell.scrollWidth} in ${cell.clientWidth} px: ${name(cell)}`);
    }
    const style = getComputedStyle(cell);
    // The first cell of a stacked row is the head of its record.
    if (cell.matches('td.number') && !cell.matches('.stacked td:first-child') && style.textAlign !== 'right' && style.textAlign !== 'end') {
      out.push(`number is not at the right: ${name(cell)}`);
    }
    if (cell.matches('.id') && (style.textTransform !== 'none' || style.textOverflow === 'ellipsis'
      || getComputedStyle(cell, '::first-letter').textTransform !== 'none')) {
      out.push(`identifier is not shown as it is: ${name(cell)}`);
    }
  });
  document.querySelectorAll('table').forEach((table) => {
    if (table.closest('.table') === null) {
      out.push(`table outside of the table component: ${name(table)}`);
    }
  });
  return out;
}

// A list of contents leads to every section, in order, and every heading has its section.
export function contentsComplaints(): string[] {
  const links = [...document.querySelectorAll<HTMLAnchorElement>('nav.contents a')];
  const sections = [...document.querySelectorAll('main > section[id]')];
  const out: string[] = [];
  if (links.length === 0) {
    out.push('no list of contents');
  }
  const wanted = links.map((link) => `${link.getAttribute('href')!.slice(1)}: ${link.textContent}`);
  const there = sections.map((section) => `${section.id}: ${section.querySelector('h2')?.textContent ?? ''}`);
  if (wanted.join('|') !== there.join('|')) {
    out.push(`contents ${wanted.join(', ')} but sections ${there.join(', ')}`);
  }
  document.querySelectorAll('h2').forEach((heading) => {
    if (heading.closest('section[id]') === null) {
      out.push(`heading outside of a section: ${heading.textContent}`);
    }
  });
  return out;
}

// Every picture has a name, a text that says what it shows, is reached by Tab, and is not blank.
export function pictureComplaints(): string[] {
  const out: string[] = [];
  const frame = ['--grid', '--line', '--faint', '--hatch'].map((name) =>
    parseInt(getComputedStyle(document.documentElement).getPropertyValue(name).trim().slice(1), 16));
  // Something larger than a letter that is neither grid nor axis: width or height of what hangs together.
  const largest = (canvas: HTMLCanvasElement): number => {
    const { width, height } = canvas;
    const data = canvas.getContext('2d')!.getImageData(0, 0, width, height).data;
    const free = new Uint8Array(width * height);
    for (let i = 0; i < free.length; i++) {
      const rgb = [data[4 * i]!, data[4 * i + 1]!, data[4 * i + 2]!];
      const framed = frame.some((colour) => rgb.every((part, k) => Math.abs(part - ((colour >> (16 - 8 * k)) & 255)) <= 4));
      free[i] = data[4 * i + 3]! > 96 && !framed ? 1 : 0;
    }
    let most = 0;
    const stack: number[] = [];
    for (let start = 0; start < free.length; start++) {
      if (free[start] === 0) {
        continue;
      }
      let [x0, x1, y0, y1] = [width, 0, height, 0];
      stack.push(start);
      free[start] = 0;
      while (stack.length > 0) {
        const at = stack.pop()!;
        const x = at % width;
        const y = (at - x) / width;
        [x0, x1, y0, y1] = [Math.min(x0, x), Math.max(x1, x), Math.min(y0, y), Math.max(y1, y)];
        for (let dy = -1; dy <= 1; dy++) {
          for (let dx = -1; dx <= 1; dx++) {
            const next = at + dy * width + dx;
            if (x + dx >= 0 && x + dx < width && free[next] === 1) {
              free[next] = 0;
              stack.push(next);
            }
          }
        }
      }
      most = Math.max(most, x1 - x0, (y1 - y0) * 1.5);
    }
    return most / (devicePixelRatio || 1);
  };
  document.querySelectorAll('canvas').forEach((canvas) => {
    const label = canvas.getAttribute('aria-label') ?? '';
    const section = canvas.closest('section[id]')?.id ?? 'head';
    if (canvas.getAttribute('role') !== 'img' || label.length < 20 || !/\d/.test(label)) {
      out.push(`${section}: picture without a text in words and numbers: "${label}"`);
    }
    if (canvas.closest('[tabindex="0"]') === null) {
      out.push(`${section}: no keyboard reaches "${label.slice(0, 40)}"`);
    }
    const size = canvas.width === 0 || canvas.height === 0 ? 0 : largest(canvas);
    if (size < 40) {
      out.push(`${section}: picture is blank, nothing in it is larger than ${size} px: "${label.slice(0, 60)}"`);
    }
  });
  return out;
}
