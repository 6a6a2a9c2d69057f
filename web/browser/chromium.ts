// Chromium driven over a pair of pipes by its own protocol, without a package: pages are opened at a width
// and in colours, asked about their layout, keyed, pictured and printed.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

type Answer = Record<string, unknown>;
interface Waiting {
  resolve: (answer: Answer) => void;
  reject: (error: Error) => void;
}
interface Message {
  id?: number;
  method?: string;
  sessionId?: string;
  params?: Record<string, unknown>;
  result?: Answer;
  error?: { message: string };
}

export class Chromium {
  private readonly child: ChildProcess;
  private readonly profile: string;
  private readonly pipe: Writable;
  private readonly waiting = new Map<number, Waiting>();
  private last = 0;
  private rest = '';
  // What a page threw or logged as an error, by session.
  readonly errors = new Map<string, string[]>();

  constructor(program: string) {
    this.profile = mkdtempSync(join(tmpdir(), 'margincall-pages-'));
    this.child = spawn(program, [
      '--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--no-first-run', '--disable-extensions',
      '--disable-dev-shm-usage', '--force-color-profile=srgb', `--user-data-dir=${this.profile}`, '--remote-debugging-pipe', 'about:blank',
    ], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    this.pipe = this.child.stdio[3] as Writable;
    (this.child.stdio[4] as Readable).setEncoding('utf8').on('data', (text: string) => this.take(text));
    this.child.on('exit', () => this.waiting.forEach((waiting) => waiting.reject(new Error(`${program} ended`))));
  }

  private take(text: string): void {
    const parts = (this.rest + text).split('\0');
    this.rest = parts.pop() ?? '';
    parts.forEach((part) => this.hear(JSON.parse(part) as Message));
  }

  private hear(message: Message): void {
    if (message.id === undefined) {
      if (message.method === 'Runtime.exceptionThrown') {
        const details = message.params!.exceptionDetails as { text: string; exception?: { description?: string } };
        this.errors.get(message.sessionId ?? '')?.push(details.exception?.description ?? details.text);
      }
      return;
    }
    const waiting = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (message.error === undefined) {
      waiting?.resolve(message.result ?? {});
    } else {
      waiting?.reject(new Error(message.error.message));
    }
  }

  send(method: string, params: Record<string, unknown> = {}, sessionId?: string): Promise<Answer> {
    const id = ++this.last;
    this.pipe.write(`${JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) })}\0`);
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  async open(): Promise<Tab> {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    this.errors.set(sessionId as string, []);
    const tab = new Tab(this, sessionId as string);
    await tab.send('Page.enable');
    await tab.send('Runtime.enable');
    return tab;
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    await this.send('Browser.close').catch(() => undefined);
    await ended;
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

export class Tab {
  constructor(private readonly browser: Chromium, private readonly session: string) {}

  send(method: string, params: Record<string, unknown> = {}): Promise<Answer> {
    return this.browser.send(method, params, this.session);
  }

  // Width in CSS pixels; colours as the reader's system has them.
  async look(width: number, colours: 'light' | 'dark'): Promise<void> {
    await this.send('Emulation.setDeviceMetricsOverride', { width, height: 900, deviceScaleFactor: 1, mobile: false });
    await this.send('Emulation.setEmulatedMedia', { media: '', features: [{ name: 'prefers-color-scheme', value: colours }] });
    await this.settle();
  }

  // The page as it stands: everything that waits for a frame has had several.
  async settle(): Promise<void> {
    await this.evaluate('new Promise((done) => { let n = 4; const next = () => (n-- > 0 ? requestAnimationFrame(next) : setTimeout(done, 30)); next(); })');
  }

  async goTo(url: string): Promise<void> {
    this.browser.errors.set(this.session, []);
    await this.send('Page.navigate', { url });
    await this.evaluate("new Promise((done) => (document.readyState === 'complete' ? done() : addEventListener('load', done)))");
    await this.settle();
  }

  get errors(): string[] {
    return this.browser.errors.get(this.session) ?? [];
  }

  async evaluate<T>(expression: string): Promise<T> {
    const answer = await this.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    if (answer.exceptionDetails !== undefined) {
      throw new Error(JSON.stringify(answer.exceptionDetails));
    }
    return (answer.result as { value: T }).value;
  }

  async key(key: string): Promise<void> {
    await this.send('Input.dispatchKeyEvent', { type: 'keyDown', key });
    await this.send('Input.dispatchKeyEvent', { type: 'keyUp', key });
  }

  // The whole page as a PNG.
  async picture(): Promise<Buffer> {
    const height = await this.evaluate<number>('document.documentElement.scrollHeight');
    const width = await this.evaluate<number>('innerWidth');
    const answer = await this.send('Page.captureScreenshot', {
      format: 'png', captureBeyondViewport: true, clip: { x: 0, y: 0, width, height: Math.min(height, 16_000), scale: 1 },
    });
    return Buffer.from(answer.data as string, 'base64');
  }

  // On A4, with the margins of the style sheet.
  async print(): Promise<Buffer> {
    const answer = await this.send('Page.printToPDF', { preferCSSPageSize: true, printBackground: true });
    return Buffer.from(answer.data as string, 'base64');
  }
}
