// The frame that all pages share: what it is, the answer, a list of contents, and the sections of
// page_sections.json in their order. A page has one function a section; the compiler asks for each.
import allSections from '../model/page_sections.json';
import { tied } from '../model/format';
import { chip, element, type Child, type Tone } from './dom';

type Sections = typeof allSections;
export type PageName = keyof Sections;
export type SectionOf<P extends PageName> = keyof Sections[P] & string;

export function titleOf<P extends PageName>(page: P, section: SectionOf<P>): string {
  return (allSections[page] as Record<string, { title: string }>)[section]!.title;
}

export interface Rendered {
  title?: string; // where the list's title is not enough
  lead?: string; // what the figures below mean, before they come
  body: Child[];
}
// null: this page has nothing of the kind.
export type Sectioner = () => Rendered | null;

export interface Verdict {
  tone: Tone;
  word: string;
  text: string;
}

export interface Head {
  title: string;
  about: string;
  answer: string[]; // sentences; the first says it all
  verdicts?: Verdict[];
  warnings?: string[];
  stamp: string; // which run this is
  more?: Child[];
}

function answerBox(head: Head): Node[] {
  const [first, ...more] = head.answer;
  const verdicts = head.verdicts ?? [];
  return first === undefined && verdicts.length === 0 ? [] : [element('div', { class: 'answer' },
    ...(first === undefined ? [] : [element('p', { class: 'sentence' }, tied(first))]),
    ...more.map((sentence) => element('p', {}, tied(sentence))),
    ...(verdicts.length === 0 ? [] : [element('ul', { class: 'verdicts' },
      ...verdicts.map((verdict) => element('li', {}, chip(verdict.tone, verdict.word), element('span', {}, tied(verdict.text)))))]))];
}

function pageHead(head: Head): HTMLElement {
  return element('header', {},
    element('h1', {}, head.title),
    ...(head.about === '' ? [] : [element('p', { class: 'about' }, head.about)]),
    ...(head.warnings ?? []).map((text) => element('p', { class: 'warning' }, text)),
    ...answerBox(head),
    element('div', { class: 'stamp' }, head.stamp),
    ...(head.more ?? []));
}

export function layOut<P extends PageName>(
  page: P, main: HTMLElement, head: Head, sectioners: Record<SectionOf<P>, Sectioner>, foot: string): void {
  const titles = allSections[page] as Record<string, { title: string }>;
  const links: HTMLElement[] = [];
  const parts: HTMLElement[] = [];
  for (const [id, { title }] of Object.entries(titles)) {
    const rendered = sectioners[id as SectionOf<P>]();
    if (rendered === null) {
      continue;
    }
    const shown = rendered.title ?? title;
    links.push(element('li', {}, element('a', { href: `#${id}` }, shown)));
    parts.push(element('section', { id, 'aria-labelledby': `${id}-title` },
      element('h2', { id: `${id}-title` }, shown),
      ...(rendered.lead === undefined || rendered.lead === '' ? [] : [element('p', { class: 'note' }, tied(rendered.lead))]),
      ...rendered.body));
  }
  main.replaceChildren(
    pageHead(head),
    element('nav', { class: 'contents', 'aria-label': 'Contents' }, element('ol', {}, ...links)),
    ...parts,
    element('footer', {}, foot));
}
