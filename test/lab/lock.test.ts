import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { withLock } from './lock.ts';
import { thisProcess } from './process-identity.ts';

let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lab-lock-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

describe('the lock of a build', () => {
  test('lets one work at a time and tells the others for whom they wait', async () => {
    const path = join(directory, 'lock');
    const waited: number[] = [];
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      await sleep(20);
      inside -= 1;
    };
    await Promise.all([1, 2, 3].map(() => withLock(path, (holder) => waited.push(holder.pid), work)));
    expect(most).toBe(1);
    expect(new Set(waited)).toEqual(new Set([process.pid]));
    expect(readdirSync(directory)).toEqual([]);
  });

  test('is let go when the work fails', async () => {
    const path = join(directory, 'lock');
    await expect(
      withLock(
        path,
        () => undefined,
        () => Promise.reject(new Error('no disk')),
      ),
    ).rejects.toThrow('no disk');
    await expect(
      withLock(
        path,
        () => undefined,
        async () => 'done',
      ),
    ).resolves.toBe('done');
  });

  test('of a holder that was killed is taken over, by its pid having another start too', async () => {
    const path = join(directory, 'lock');
    writeFileSync(path, JSON.stringify({ pid: process.pid, startTicks: thisProcess().startTicks - 1 }));
    const waited: number[] = [];
    await expect(
      withLock(
        path,
        (holder) => waited.push(holder.pid),
        async () => 'built',
      ),
    ).resolves.toBe('built');
    expect(waited).toEqual([]);
    expect(readdirSync(directory)).toEqual([]);
  });
});
