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
  if (root.scrollWidth > innerWidth) {
    out.push(`the page is ${root.scrollWidth} px wide in a window of ${innerWidth}`);
  }
  document.querySelectorAll('main *').forEach((node) => {
    const box = node.getBoundingClientRect();
    if (seen(node) && box.width > 1 && (box.right > innerWidth + 0.5 || box.left < -0.5) && node.closest('.unseen') === null) {
      out.push(`reaches from ${box.left.toFixed(0)} to ${box.right.toFixed(0)} of ${innerWidth}: ${name(node)}`);
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
  document.querySelectorAll('canvas').forEach((canvas) => {
    const label = canvas.getAttribute('aria-label') ?? '';
    const section = canvas.closest('section[id]')?.id ?? 'head';
    if (canvas.getAttribute('role') !== 'img' || label.length < 20 || !/\d/.test(label)) {
      out.push(`${section}: picture without a text in words and numbers: "${label}"`);
    }
    if (canvas.closest('[tabindex="0"]') === null) {
      out.push(`${section}: no keyboard reaches "${label.slice(0, 40)}"`);
    }
    if (canvas.width === 0 || canvas.height === 0) {
      out.push(`${section}: picture without a size "${label.slice(0, 40)}"`);
      return;
    }
    const data = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height).data;
    const colours = new Map<number, number>();
    for (let i = 0; i < data.length; i += 4) {
      if (data[i + 3]! > 96) {
        const key = (data[i]! << 16) | (data[i + 1]! << 8) | data[i + 2]!;
        colours.set(key, (colours.get(key) ?? 0) + 1);
      }
    }
    // Axes alone have two colours: grid and text.
    if (colours.size < 8) {
      out.push(`${section}: picture is blank, ${colours.size} colours: "${label.slice(0, 60)}"`);
    }
  });
  return out;
}
