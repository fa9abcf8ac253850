/** The kernel of the 2021 series' bug, live: 5.10 with bpftrace 0.11, whose gfs2 has no BTF. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumPath, launch, noChromium, seen, watchedPage } from '../dashboard/browser.ts';
import { bootGuest, type Guest } from '../lab/guest.ts';
import { runWorkload } from '../lab/workload.ts';
import { type Agent, startAgent } from './agent.ts';

const pictures = join(import.meta.dirname, '../../.cache/screenshots');

describe.each([
  {
    what: 'a task reads a file into its own mapping of it',
    workload: ['self', ['--count', '1', '--op', 'read']] as const,
    kind: 'recursive-acquire',
    words: [/fatal/i, /SH held, SH wanted/, /gfs2_file_read_iter\+0x/, /gfs2_fault\+0x/, /5\.16/],
    console: /kernel BUG at fs\/gfs2\/glock\.c/,
  },
  {
    what: 'two tasks read with O_DIRECT, each into a mapping of the other’s file',
    workload: ['cross', ['--count', '50', '--direct', '--op', 'read']] as const,
    kind: 'wait-cycle',
    words: [/critical/i, /wait for each other/, /DF/, /gfs2_file_read_iter\+0x/, /gfs2_fault\+0x/],
    console: null,
  },
])('on 5.10, when $what', ({ workload: [name, args], kind, words, console: kernelSays }) => {
  let guest: Guest;
  let agent: Agent;
  let browser: Browser | null = null;

  beforeAll(async () => {
    guest = await bootGuest({ suite: '5.10' });
    const path = chromiumPath();
    if (path !== null) browser = await launch(path);
  });

  afterAll(async () => {
    agent?.child.kill('SIGKILL');
    await browser?.close();
    // Its file system is stuck for good: there is nothing to shut down in order.
    guest?.kill();
  });

  test(`the agent delivers the ${kind} to an open page although the tasks never return, and goes on tracing`, async (context) => {
    if (browser === null) return context.skip(noChromium);
    agent = startAgent([
      'attach',
      `ssh://root@127.0.0.1:${guest.port}`,
      '-F',
      guest.sshConfig,
      '--port',
      '0',
      '--json',
    ]);
    const [, url = ''] = await agent.heard(/open (http:\S+)/);
    await agent.heard(/attached, watching/);
    const { page, faults } = await watchedPage(browser, {
      viewport: { width: 1280, height: 800 },
      colorScheme: 'light',
    });
    await page.goto(url);
    await page.getByTestId('host').waitFor();

    // The workload hangs for ever: only what is seen meanwhile matters.
    const hung = runWorkload(guest, name, [...args], { timeoutMs: 60_000 }).catch((error: unknown) => error);
    const finding = page.locator(`[data-testid=finding][data-kind=${kind}]`).first();
    await finding.waitFor({ timeout: 60_000 });
    // Its stacks are in shadow roots, which the text of the whole does not hold.
    const text = async (): Promise<string> =>
      [await seen(finding), ...(await finding.getByTestId('frame').allInnerTexts())].join(' ');
    for (const word of words) await expect.poll(text, { timeout: 5000 }).toMatch(word);
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, `${kind}-5.10.png`) });
    expect(agent.out.filter((line) => line.includes('"kind":"finding"'))).toHaveLength(1);
    if (kernelSays !== null) await expect.poll(() => guest.consoleText(), { timeout: 20_000 }).toMatch(kernelSays);

    const records = async (): Promise<number> => Number((await seen(page.getByTestId('records'))).replace(/\D/g, ''));
    const before = await records();
    await expect.poll(records, { timeout: 20_000 }).toBeGreaterThan(before);
    expect(faults).toEqual([]);
    guest.kill();
    await hung;
  });
});
