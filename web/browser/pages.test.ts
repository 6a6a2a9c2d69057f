// The pages as readers see them: the program's own pages in headless Chromium, at three widths and on
// A4, in light and dark. tools/check_pages.sh makes the pages and calls this.
//   MC_PAGES     folder of the pages (*.html)
//   MC_PICTURES  folder for what was seen (PNG and PDF); default: none are kept
//   MC_CHROMIUM  the browser
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { after, before, test } from 'node:test';

import { Chromium, type Tab } from './chromium';
import { contentsComplaints, layoutComplaints, pictureComplaints } from './layout';
import { inkBeyond, unlike } from './paper';

const folder = resolve(process.env.MC_PAGES ?? '.');
const kept = process.env.MC_PICTURES;
const widths = [390, 800, 1280];
const colours = ['light', 'dark'] as const;
const pages = readdirSync(folder).filter((name) => name.endsWith('.html')).sort();

let browser: Chromium;
let tab: Tab;
before(async () => {
  if (kept !== undefined) {
    mkdirSync(kept, { recursive: true });
  }
  browser = new Chromium(process.env.MC_CHROMIUM ?? 'chromium');
  tab = await browser.open();
});
after(async () => {
  await browser.close();
});

function keep(name: string, bytes: Buffer): void {
  if (kept !== undefined) {
    writeFileSync(join(kept, name), bytes);
  }
}

async function complaints(check: () => string[]): Promise<string[]> {
  return tab.evaluate<string[]>(`(${check.toString()})()`);
}

test('there are pages to look at', () => {
  assert.ok(pages.length >= 4, `${pages.length} pages in ${folder}`);
});

for (const page of pages) {
  const name = basename(page, '.html');

  test(`${name}: contents, pictures and tables at every width, in light and dark`, async () => {
    await tab.look(1280, 'light');
    await tab.goTo(`file://${join(folder, page)}`);
    assert.deepEqual(tab.errors, []);
    assert.deepEqual(await complaints(contentsComplaints), []);
    for (const width of widths) {
      for (const colour of colours) {
        await tab.look(width, colour);
        const found = [...await complaints(layoutComplaints), ...await complaints(pictureComplaints)];
        keep(`${name}-${width}-${colour}.png`, await tab.picture());
        assert.deepEqual(found.slice(0, 12), [], `${name} at ${width} px, ${colour}`);
      }
    }
    assert.deepEqual(tab.errors, []);
  });

  test(`${name}: folded rows and closed groups fit as well`, async () => {
    await tab.look(390, 'light');
    await tab.evaluate("document.querySelectorAll('details').forEach((node) => (node.open = true)); document.querySelectorAll('button.more').forEach((node) => node.click())");
    await tab.settle();
    assert.deepEqual((await complaints(layoutComplaints)).slice(0, 12), []);
  });

  test(`${name}: the arrow keys read a picture`, async () => {
    await tab.look(1280, 'light');
    const plots = await tab.evaluate<number>("document.querySelectorAll('.plot[tabindex]').length");
    if (plots === 0) {
      return; // a comparison of stresses has tables only
    }
    await tab.evaluate("document.querySelector('.plot[tabindex]').focus()");
    const said = (): Promise<string> => tab.evaluate("document.getElementById('said')?.textContent ?? ''");
    await tab.key('Home');
    const first = await said();
    await tab.key('ArrowRight');
    const second = await said();
    await tab.key('End');
    const last = await said();
    assert.match(first, /\d/);
    assert.match(last, /\d/);
    assert.notEqual(first, last);
    await tab.key('Home');
    assert.equal(await said(), first);
    await tab.key('ArrowRight');
    assert.equal(await said(), second);
    const outline = await tab.evaluate<string>("getComputedStyle(document.activeElement).outlineStyle");
    assert.equal(outline, 'solid', 'the focus is seen');
    await tab.key('Escape');
    assert.equal(await said(), '');
  });

  test(`${name}: made ready for paper, every table fits at once`, async () => {
    await tab.look(1280, 'dark');
    await tab.send('Emulation.setEmulatedMedia', { media: 'print', features: [{ name: 'prefers-color-scheme', value: 'dark' }] });
    // Printing waits for no frame, so nothing but promises may be waited for here either.
    const found = await tab.evaluate<string[]>(
      `(async () => { dispatchEvent(new Event('beforeprint')); for (let k = 0; k < 5; k++) { await null; } const out = (${layoutComplaints.toString()})(); dispatchEvent(new Event('afterprint')); return out; })()`);
    assert.deepEqual(found.slice(0, 12), []);
  });

  test(`${name}: printed from light and from dark, A4 holds everything on the same light sheets`, async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'margincall-paper-'));
    const sheets = new Map<string, Buffer[]>();
    try {
      for (const colour of colours) {
        await tab.look(1280, colour);
        const pdf = await tab.print();
        keep(`${name}-print-${colour}.pdf`, pdf);
        const file = join(scratch, `${colour}.pdf`);
        writeFileSync(file, pdf);
        const text = execFileSync('pdftotext', [file, '-'], { encoding: 'utf8', maxBuffer: 1 << 26 }).replace(/\s+/g, ' ');
        const heads = await tab.evaluate<string[]>("[...document.querySelectorAll('nav.contents a')].map((node) => node.textContent)");
        heads.forEach((head) => assert.ok(text.split(head).length > 2, `"${head}" stands in the contents and over its section`));
        execFileSync('pdftoppm', ['-r', '60', '-gray', file, join(scratch, colour)]);
        sheets.set(colour, readdirSync(scratch).filter((entry) => entry.startsWith(`${colour}-`)).sort()
          .map((entry) => readFileSync(join(scratch, entry))));
      }
    } finally {
      rmSync(scratch, { recursive: true });
    }
    const [light, dark] = [sheets.get('light')!, sheets.get('dark')!];
    assert.ok(light.length >= 1 && light.length <= 40, `${light.length} sheets`);
    assert.equal(dark.length, light.length);
    if (name.startsWith('board')) {
      assert.equal(light.length, 2, 'a board summary has two sheets');
    }
    light.forEach((sheet, k) => {
      assert.deepEqual(inkBeyond(sheet), [], `sheet ${k + 1}`);
      assert.ok(unlike(sheet, dark[k]!) < 0.0005, `sheet ${k + 1} from dark is another one: ${unlike(sheet, dark[k]!)}`);
    });
  });
}
