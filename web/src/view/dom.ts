// Elements without a framework. Text always goes in as text, never as HTML.

type Child = Node | string;

export function element<K extends keyof HTMLElementTagNameMap>(
  name: K, attributes: Record<string, string> = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

export function button(text: string, act: () => void, style = '', label = ''): HTMLButtonElement {
  const node = element('button', { type: 'button', class: style }, text);
  if (label !== '') {
    node.setAttribute('aria-label', label);
    node.title = label;
  }
  node.addEventListener('click', act);
  return node;
}

// A row of buttons of which one is chosen.
export function choice(names: string[], chosen: number, act: (index: number) => void, label: string): HTMLElement {
  const row = element('span', { class: 'choice', role: 'group', 'aria-label': label });
  names.forEach((name, index) => {
    const node = button(name, () => {
      row.querySelectorAll('button').forEach((other) => other.setAttribute('aria-pressed', String(other === node)));
      act(index);
    });
    node.setAttribute('aria-pressed', String(index === chosen));
    row.append(node);
  });
  return row;
}

export interface TableColumn {
  title: string;
  style?: string; // class of the cells
}

export function table(columns: TableColumn[], rows: Child[][], style = ''): HTMLElement {
  const head = element('tr', {},
    ...columns.map((column) => element('th', { class: column.style ?? '', scope: 'col' }, column.title)));
  const body = rows.map((cells) =>
    element('tr', {}, ...cells.map((cell, i) => element('td', { class: columns[i]?.style ?? '' }, cell))));
  return element('div', { class: 'scroll' },
    element('table', { class: style }, element('thead', {}, head), element('tbody', {}, ...body)));
}
