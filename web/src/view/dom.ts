// Elements without a framework. Text always goes in as text, never as HTML.

export type Child = Node | string;

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

// A line of a legend: a mark in the colour of what is drawn, and its name.
export function legendKey(colour: string, kind: 'line' | 'dashed' | 'area', ...children: Child[]): HTMLElement {
  const area = kind === 'area';
  return element('span', { class: 'key' },
    element('span', {
      class: `swatch${area ? ' area' : ''}${kind === 'dashed' ? ' dashed' : ''}`,
      style: area ? `background: ${colour}` : `border-color: ${colour}`,
    }), ...children);
}

// Where there is nothing to show, and why.
export function nothing(text: string): HTMLElement {
  return element('div', { class: 'card' }, element('div', { class: 'empty' }, element('span', {}, text)));
}

export type Tone = 'kept' | 'close' | 'broken' | 'unknown';
const chipMarks: Record<Tone, string> = { kept: '✓', close: '~', broken: '✗', unknown: '?' };

// A verdict in a word: colour and mark say the same, so that neither is needed.
export function chip(tone: Tone, word: string): HTMLElement {
  return element('span', { class: `chip ${tone}` },
    element('span', { class: 'mark', 'aria-hidden': 'true' }, chipMarks[tone]), word);
}

// Announces to a screen reader what the eye sees at a cursor. One region for the page.
export function say(text: string): void {
  let region = document.getElementById('said');
  if (region === null) {
    region = element('div', { id: 'said', class: 'unseen', role: 'status', 'aria-live': 'polite' });
    document.body.append(region);
  }
  region.textContent = text;
}
