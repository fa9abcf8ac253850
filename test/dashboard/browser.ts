/** A real Chromium for the page's tests, with an eye on everything that a page must not do. */
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'] as const;

/** `CHROMIUM` from the environment, else where distributions put it; null when there is none. */
export const chromiumPath = (): string | null =>
  [process.env['CHROMIUM'], ...places].find((path) => path !== undefined && existsSync(path)) ?? null;

export const noChromium = 'there is no Chromium: install it, or set CHROMIUM to its path';

/** Chromium refuses its sandbox to root, as containers often are. */
export const launch = (executablePath: string): Promise<Browser> =>
  chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });

export interface Watched {
  readonly page: Page;
  /** Console errors and warnings, exceptions, violations of the CSP, and requests to elsewhere. */
  readonly faults: string[];
}

/** A page in a context of its own, whose every fault is noted from its first request on. */
export async function watchedPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Watched> {
  const faults: string[] = [];
  const context = await browser.newContext(options);
  const page = await context.newPage();
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) =>
      reportError(new Error(`CSP violation: ${event.violatedDirective} ${event.blockedURI}`)),
    );
  });
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol !== 'data:' && hostname !== '127.0.0.1') faults.push(`outside request: ${request.url()}`);
  });
  page.on('websocket', (socket) => {
    if (new URL(socket.url()).hostname !== '127.0.0.1') faults.push(`outside socket: ${socket.url()}`);
  });
  return { page, faults };
}

/** What a reader sees of an element, on one line. */
export async function seen(locator: Locator): Promise<string> {
  return (await locator.innerText()).replace(/\s+/g, ' ').trim();
}
