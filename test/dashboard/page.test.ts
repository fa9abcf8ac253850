import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createFeed, type Feed } from '../../agent/serve/feed.ts';
import { type Serving, startServer } from '../../agent/serve/server.ts';
import { createToken } from '../../agent/serve/token.ts';
import { type Delta, emptyDelta } from '../../agent/wire/state.ts';
import { nanos } from '../../agent/wire/units.ts';
import { chromiumPath, launch, noChromium, seen, type Watched, watchedPage } from './browser.ts';
import { buildPage } from './built-page.ts';
import { fault, finding, holder, host, rate, read, retry, task } from './scene.ts';

const executablePath = chromiumPath();
const initialScriptBytes = 120_000;
const token = createToken();
let pageFolder: string;
let browser: Browser | undefined;
let servers: Serving[] = [];
let watched: Watched[] = [];

beforeAll(async () => {
  pageFolder = await buildPage();
  if (executablePath !== null) browser = await launch(executablePath);
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await rm(pageFolder, { recursive: true });
});

afterEach(async () => {
  const faults = watched.flatMap((each) => each.faults);
  await Promise.all(watched.map(({ page }) => page.context().close()));
  await Promise.all(servers.map((server) => server.close()));
  servers = [];
  watched = [];
  expect(faults).toEqual([]);
});

async function serve(feed: Feed, port = 0): Promise<Serving> {
  const server = await startServer({ port, token, feed, pageFolder, log: () => undefined });
  if (server.kind !== 'serving') throw new Error(server.cause);
  servers.push(server);
  return server;
}

async function open(url: string, options?: BrowserContextOptions): Promise<Watched> {
  if (browser === undefined) throw new Error(noChromium);
  const opened = await watchedPage(browser, options);
  watched.push(opened);
  await opened.page.goto(url);
  return opened;
}

/** What the page is expected to complain about; all else still fails the test. */
function forgive(faults: string[], expected: RegExp): void {
  const others = faults.filter((each) => !expected.test(each));
  faults.splice(0, faults.length, ...others);
}

const text = (page: Page, id: string): Promise<string> => seen(page.getByTestId(id).first());
const shows = (page: Page, id: string) => expect.poll(() => text(page, id), { timeout: 5000 });
const counts = (page: Page, id: string) => expect.poll(() => page.getByTestId(id).count(), { timeout: 5000 });

/** Live, with one of everything. */
const everything: Delta = {
  ...emptyDelta(),
  hosts: [host({ records: 12_345, questions: { ...host().questions, mkwriteInRead: 7, sigbusKernel: 2 } })],
  rates: [rate(0, { acquisitions: 1 }), rate(4, { acquisitions: 1234, faults: 17 })],
  tasks: [
    task(206, 'self-read', [read(4000), holder('SH', 'granted', 4000), fault(4500), holder('EX', 'waiting', 4600)]),
  ],
  retries: [retry(1), retry(2, { comm: 'newer', mapping: 'not gfs2' })],
  findings: [finding(1)],
};
function feedOf(...deltas: readonly Delta[]): Feed {
  const feed = createFeed({ version: '0.1.0', mode: 'live' });
  for (const each of deltas) feed.publish(each);
  return feed;
}

test('the page’s first script stays small', async () => {
  const assets = join(pageFolder, 'assets');
  const scripts = (await readdir(assets)).filter((name) => name.endsWith('.js'));
  const sizes = await Promise.all(scripts.map(async (name) => gzipSync(await readFile(join(assets, name))).length));
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(initialScriptBytes);
});

test('index.html holds no script and no style of its own, which its CSP would refuse', async () => {
  const html = await readFile(join(pageFolder, 'index.html'), 'utf8');
  expect(html).not.toMatch(/<style|style=|<script(?![^>]*\ssrc=)|\son[a-z]+=/);
});

describe(executablePath === null ? `in a browser (skipped: ${noChromium})` : 'in a browser', () => {
  test.skipIf(executablePath === null)('one look says what is wrong, who does it, and what it rests on', async () => {
    const { page } = await open((await serve(feedOf(everything))).url);
    await shows(page, 'verdict').toBe('1 fatal finding A task wants EX on an inode glock that it holds SH itself');
    expect(await page.title()).toBe('1 fatal finding · glockscope');
    expect(await text(page, 'connection')).toBe('connected');
    expect(await text(page, 'records')).toBe('12,345');
    expect(await text(page, 'lost')).toBe('0');

    const card = page.getByTestId('task');
    expect(await seen(card)).toMatch(/self-read 206 n1 waiting/);
    const rows = await card.getByTestId('frame').allInnerTexts();
    expect(rows.map((row) => row.replace(/\s+/g, ' ').trim())).toEqual([
      expect.stringMatching(/^read\(\) inode 181ec on \/mnt\/g .* buffered 16 KiB at 0$/),
      expect.stringMatching(/^holds SH 2\/181ec f:A .* inode on 7:0 gfs2_file_read_iter\+0xd1$/),
      expect.stringMatching(/^gfs2_page_mkwrite write 0x7f3a5c000000 .* from the kernel$/),
      expect.stringMatching(/^waits for EX 2\/181ec .* gfs2_page_mkwrite\+0x9c$/),
    ]);

    expect(await seen(page.getByTestId('retry').first())).toMatch(/newer/);
    expect(await seen(page.getByTestId('retry').nth(1))).toMatch(
      /mmap-read 245 n1 read\(\) inode 181ec on \/mnt\/g SH -EFAULT → faulted in 16 KiB \(4 faults, 4 mkwrites\) → SH 16384 same file 16384 1\.10 ms/,
    );
    const evidence = await seen(page.getByTestId('finding'));
    expect(evidence).toMatch(/fatal A task wants EX on an inode glock that it holds SH itself/);
    expect(evidence).toMatch(/Consequence This kernel stops the task with BUG\(\)/);
    expect(await page.getByTestId('finding').getByTestId('frame').count()).toBe(4);
    expect(await text(page, 'mkwriteInRead')).toBe('7');
    expect(await text(page, 'sigbusKernel')).toBe('2');
    expect(await text(page, 'host')).toMatch(/n1 ssh:\/\/root@n1 live.*6\.1\.0-37-amd64.*lab:one on \/mnt\/g/);
    expect(await seen(page.getByTestId('legend').first())).toBe('glock acquisitions 1,234 read and write calls 0');
  });

  test.skipIf(executablePath === null)('the token leaves the address bar at once and survives a reload', async () => {
    const { page } = await open((await serve(feedOf(everything))).url);
    await shows(page, 'connection').toBe('connected');
    expect(page.url()).not.toContain(token);
    await page.reload();
    await shows(page, 'connection').toBe('connected');
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain(token);
  });

  test.skipIf(executablePath === null)('without a token the page says how to get one', async () => {
    const { port } = await serve(feedOf(everything));
    const { page } = await open(`http://127.0.0.1:${port}/`);
    await shows(page, 'no-entry').toMatch(/needs its token.*#token=/);
    // The whole address pasted into the same tab changes only the fragment.
    await page.evaluate((hash) => location.assign(hash), `#token=${token}`);
    await shows(page, 'connection').toBe('connected');
  });

  test.skipIf(executablePath === null)('with the token of another run the page says so', async () => {
    const { port } = await serve(feedOf(everything));
    const { page, faults } = await open(`http://127.0.0.1:${port}/#token=${createToken()}`);
    await shows(page, 'no-entry').toMatch(/old token/);
    forgive(faults, /WebSocket connection to .* failed: HTTP Authentication failed/);
  });

  test.skipIf(executablePath === null)('before there is anything, every part says what is normal', async () => {
    const feed = feedOf();
    const { page } = await open((await serve(feed)).url);
    await shows(page, 'verdict').toBe('Waiting for a host');
    feed.publish({ ...emptyDelta(), hosts: [host()] });
    await shows(page, 'verdict').toBe('Healthy nothing takes a lock it already holds, nothing waits for long');
    for (const each of ['No task is inside GFS2 right now', 'No retry yet', 'No finding'])
      await expect.poll(() => page.getByText(each, { exact: true }).count()).toBe(1);
  });

  test.skipIf(executablePath === null)(
    'what happens shows up: a retry, then a loss, then a host that fails',
    async () => {
      const feed = feedOf({ ...emptyDelta(), hosts: [host()] });
      const { page } = await open((await serve(feed)).url);
      await shows(page, 'retry-count').toBe('0');
      feed.publish({ ...emptyDelta(), retries: [retry(1)] });
      await counts(page, 'retry').toBe(1);
      const loss = { gap: 12, tail: 0, malformed: 1, late: 0, missed: 0, lastMalformed: 'zzz' };
      feed.publish({ ...emptyDelta(), hosts: [host({ loss })] });
      await shows(page, 'lost').toBe('13');
      expect(await text(page, 'host-loss')).toBe('12 dropped on the way, 1 unreadable');
      const problem = { cause: 'bpftrace ended: out of memory', remedy: 'Attach again.' };
      feed.publish({ ...emptyDelta(), hosts: [host({ phase: 'failed', problem })] });
      await shows(page, 'problem').toMatch(/bpftrace ended: out of memory Attach again\./);
      expect(await text(page, 'verdict')).toBe('n1 failed bpftrace ended: out of memory');
    },
  );

  test.skipIf(executablePath === null)('a task that became idle is shown as it was, and then leaves', async () => {
    const feed = feedOf(everything);
    const { page } = await open((await serve(feed)).url);
    await counts(page, 'task').toBe(1);
    feed.publish({ ...emptyDelta(), idle: [{ node: 'n1', tid: 206 }] });
    await expect.poll(() => page.getByTestId('task').getAttribute('data-state')).toBe('idle');
    expect(await page.getByTestId('task').getByTestId('frame').count()).toBe(4);
    await counts(page, 'task').toBe(0);
  });

  test.skipIf(executablePath === null)('ages grow while the host is live and stand still once it is not', async () => {
    const wait = [holder('EX', 'waiting', 0)];
    const feed = feedOf({ ...emptyDelta(), hosts: [host()], tasks: [task(1, 'waiter', wait)] });
    const { page } = await open((await serve(feed)).url);
    await shows(page, 'frame').toMatch(/5\.\d s/);
    const first = await text(page, 'frame');
    await shows(page, 'frame').not.toBe(first);
    // Without news the clock runs on for a second at most.
    await shows(page, 'frame').toMatch(/6\.0 s/);
    feed.publish({ ...emptyDelta(), hosts: [host({ phase: 'stopped', nowNs: nanos(5e9) })] });
    await shows(page, 'frame').toMatch(/5\.0 s/);
  });

  test.skipIf(executablePath === null)(
    'a page that misses an update asks for a snapshot and shows what is true',
    async () => {
      const feed = feedOf(everything);
      let drop = false;
      const lossy: Feed = {
        ...feed,
        attachClient: (client) =>
          feed.attachClient({
            ...client,
            send: (message) => {
              if (drop) drop = false;
              else client.send(message);
            },
          }),
      };
      const { page } = await open((await serve(lossy)).url);
      await counts(page, 'retry').toBe(2);
      drop = true;
      feed.publish({ ...emptyDelta(), retries: [retry(3)] });
      feed.publish({ ...emptyDelta(), retries: [retry(4)] });
      await counts(page, 'retry').toBe(4);
      expect(feed.counts.snapshots).toBe(2);
    },
  );

  test.skipIf(executablePath === null)(
    'when the agent stops the view stays, and it goes on when the agent is back',
    async () => {
      const feed = feedOf(everything);
      const first = await serve(feed);
      const { page, faults } = await open(first.url);
      await counts(page, 'finding').toBe(1);
      await first.close('the agent was stopped by its user');
      await shows(page, 'broken').toContain('the agent was stopped by its user');
      expect(await text(page, 'connection')).toBe('reconnecting…');
      expect(await page.getByTestId('finding').count()).toBe(1);
      expect(await page.getByTestId('task').count()).toBe(1);
      feed.publish({ ...emptyDelta(), retries: [retry(3)] });
      await serve(feed, first.port);
      await expect.poll(() => text(page, 'connection'), { timeout: 15_000 }).toBe('connected');
      await counts(page, 'retry').toBe(3);
      expect(await page.getByTestId('broken').count()).toBe(0);
      forgive(faults, /ERR_CONNECTION_REFUSED/);
    },
  );

  test.skipIf(executablePath === null)('a recording says that it is one, and how to watch a real host', async () => {
    const playing = { title: '6.1: a file read into its own mapping', lengthNs: nanos(31e9), round: 3 };
    const feed = feedOf({ ...emptyDelta(), hosts: [host({ playing })] });
    const { page } = await open((await serve(feed)).url, { permissions: ['clipboard-read', 'clipboard-write'] });
    await shows(page, 'banner').toMatch(/recording of a real kernel/);
    const banner = await text(page, 'banner');
    expect(banner).toContain('6.1: a file read into its own mapping (31.0 s, round 3)');
    expect(banner).toContain('npm start -- attach ssh://root@HOST');
    await page.getByTestId('banner').getByRole('button').click();
    await expect
      .poll(() => page.evaluate(() => navigator.clipboard.readText()))
      .toBe('npm start -- attach ssh://root@HOST');
  });

  test.skipIf(executablePath === null)('a finding copies as text with its stack', async () => {
    const { page } = await open((await serve(feedOf(everything))).url, {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await page.getByTestId('finding').getByRole('button').click();
    await expect
      .poll(() => page.evaluate(() => navigator.clipboard.readText()))
      .toMatch(/^FATAL: A task wants EX[\s\S]*waits for EX 2\/181ec \(inode on 7:0/);
  });

  test.skipIf(executablePath === null)('the keyboard opens a retry and freezes the list', async () => {
    const feed = feedOf(everything);
    const { page } = await open((await serve(feed)).url);
    const toggle = page.getByTestId('retry').nth(1).getByRole('button');
    await toggle.focus();
    await page.keyboard.press('Enter');
    await shows(page, 'attempt').toMatch(/attempt 1: filemap_read under SH gave -EFAULT/);
    expect(await toggle.getAttribute('aria-expanded')).toBe('true');
    expect(await text(page, 'retry-details')).toContain('find /mnt/g -xdev -inum 98796');

    await page.locator('retry-table .scroll').focus();
    await page.keyboard.press('Space');
    feed.publish({ ...emptyDelta(), retries: [retry(3)] });
    await shows(page, 'retry-count').toBe('frozen, 1 newer');
    expect(await page.getByTestId('retry').count()).toBe(2);
    await page.keyboard.press('Space');
    await counts(page, 'retry').toBe(3);
  });

  test.skipIf(executablePath === null)(
    'of many retries and tasks the first are drawn, and all when asked for',
    async () => {
      const retries = Array.from({ length: 100 }, (_, n) => retry(n));
      const tasks = Array.from({ length: 40 }, (_, n) => task(n + 1, 'worker', [read(n)]));
      const { page } = await open((await serve(feedOf({ ...everything, retries, tasks }))).url);
      await counts(page, 'retry').toBe(60);
      await counts(page, 'task').toBe(24);
      expect(await text(page, 'retry-count')).toBe('100');
      await page.getByRole('button', { name: '+40 older' }).click();
      await page.getByRole('button', { name: '+16 more' }).click();
      await counts(page, 'retry').toBe(100);
      await counts(page, 'task').toBe(40);
    },
  );

  test.skipIf(executablePath === null)(
    'coverage opens to each capability, with the reason for what is missing',
    async () => {
      const { page } = await open((await serve(feedOf(everything))).url);
      await page.getByTestId('coverage').locator('summary').click();
      await shows(page, 'coverage').toMatch(/3 capabilities, 1 missing/);
      const capabilities = await page.getByTestId('capability').allInnerTexts();
      expect(capabilities[0]).toContain('glock request: kprobe:gfs2_glock_nq');
      expect(capabilities[3]).toMatch(/residency check: missing the kernel has inlined it/);
    },
  );

  test.skipIf(executablePath === null)(
    'light and dark follow the system until the user chooses, and the choice stays',
    async () => {
      const { page } = await open((await serve(feedOf(everything))).url, { colorScheme: 'dark' });
      const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
      await counts(page, 'task').toBe(1);
      expect(await ground()).toBe('rgb(14, 18, 22)');
      await page.emulateMedia({ colorScheme: 'light' });
      await expect.poll(ground).toBe('rgb(244, 245, 247)');
      const toggle = page.getByTestId('theme');
      await toggle.click();
      await toggle.click();
      expect(await seen(toggle)).toBe('dark');
      await page.reload();
      await expect.poll(ground).toBe('rgb(14, 18, 22)');
      // The charts' canvas is drawn in the theme's colours too: it is not left empty.
      const drawn = await page
        .locator('canvas')
        .first()
        .evaluate((canvas) => {
          if (!(canvas instanceof HTMLCanvasElement)) return 0;
          const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
          return pixels.filter((value, n) => n % 4 === 3 && value > 0).length;
        });
      expect(drawn).toBeGreaterThan(500);
    },
  );

  test.skipIf(executablePath === null).each([320, 360, 768, 1080, 1280, 1920, 3840])(
    'at %d px nothing sticks out of the page',
    async (width) => {
      const long = 'gfs2_'.repeat(40);
      const feed = feedOf(everything, {
        ...emptyDelta(),
        hosts: [host({ node: 'n2', target: long, kernel: long, problem: { cause: long, remedy: long } })],
        tasks: [task(9, long, [read(1), holder('EX', 'waiting', 2)])],
        findings: [finding(2, { title: long, comm: long })],
      });
      const { page } = await open((await serve(feed)).url, { viewport: { width, height: 800 } });
      await counts(page, 'finding').toBe(2);
      const excess = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(excess).toBe(0);
    },
  );

  test.skipIf(executablePath === null)('while updates come in, the panels stay where they are', async () => {
    const feed = feedOf({ ...emptyDelta(), hosts: [host()] });
    const { page } = await open((await serve(feed)).url, { viewport: { width: 1280, height: 800 } });
    await shows(page, 'connection').toBe('connected');
    const places = () =>
      page
        .locator('rate-charts, task-list, retry-table, finding-list, open-questions, host-list')
        .evaluateAll((panels) =>
          panels
            .map((panel) => panel.getBoundingClientRect())
            .map(({ x, y, width, height }) => [x, y, width, height].join()),
        );
    const before = await places();
    for (let n = 1; n <= 30; n++)
      feed.publish({
        ...emptyDelta(),
        hosts: [host({ records: 10 ** (n % 9), nowNs: nanos(n * 1e9) })],
        rates: [rate(n, { acquisitions: 10 ** (n % 6), faults: n })],
        tasks: [task(n, 'worker', [read(n), holder('SH', 'granted', n), fault(n)].slice(0, (n % 3) + 1))],
        retries: [retry(n)],
      });
    await counts(page, 'retry').toBe(30);
    expect(await places()).toEqual(before);
  });

  test.skipIf(executablePath === null)('names that look like markup are shown as names', async () => {
    const evil = '<img src=x onerror=alert(1)>';
    const feed = feedOf({ ...everything, tasks: [task(1, evil, [read(1)])], retries: [retry(1, { comm: evil })] });
    const { page } = await open((await serve(feed)).url);
    await shows(page, 'task').toContain(evil);
    expect(await text(page, 'retry')).toContain(evil);
    expect(await page.locator('img[src="x"]').count()).toBe(0);
  });
});
