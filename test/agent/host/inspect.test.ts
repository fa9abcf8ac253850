import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keepBtf, keptBtf } from '../../../agent/host/btf-cache.ts';
import { type Inspected, inspect, type NotServed } from '../../../agent/host/inspect.ts';
import type { Ran } from '../../../agent/target/target.ts';
import { fixtureBytes } from './btf/fixture.ts';
import { type Answers, cannedTarget, exited } from './canned-target.ts';
import { surveyAnswer } from './survey-answer.ts';

const build = '0400000014000000030000004742550001020304';
const vmlinux = fixtureBytes('debian-6.1', 'vmlinux');
const gfs2 = fixtureBytes('debian-6.1', 'gfs2');
const good: Answers = { survey: exited(surveyAnswer()), vmlinux: exited(gzipSync(vmlinux)), gfs2: exited(gfs2) };
const gone: Ran = { kind: 'unreachable', cause: 'node1 does not answer', remedy: 'Look whether it is up.' };

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'glockscope-inspect-'));
});
afterEach(() => {
  rmSync(cache, { recursive: true });
});

const look = (answers: Answers): Promise<Inspected | NotServed> => inspect(cannedTarget(answers), cache);
async function refused(answers: Answers): Promise<NotServed> {
  const found = await look(answers);
  if (found.kind === 'inspected') throw new Error('the host was taken as fit');
  expect(found.cause, 'a refusal has a cause').not.toBe('');
  expect(found.remedy, 'a refusal has a remedy').not.toBe('');
  return found;
}

describe('a fit host', () => {
  test('gets a program with the offsets of its own kernel and a final count for each CPU', async () => {
    const found = await look(good);
    expect(found).toMatchObject({ kind: 'inspected', survey: { hostName: 'node1' } });
    if (found.kind !== 'inspected') return;
    expect(found.offsets.get('vm_area_struct.vm_file')).toBe(112);
    expect(found.program).toContain('kprobe:gfs2_glock_nq');
    expect(found.program.match(/printf\("Z /g)).toHaveLength(9);
    expect(found.coverage.every((one) => one.way !== null)).toBe(true);
  });

  test('is asked for its BTF once: a second look takes the kept copy', async () => {
    await look(good);
    const target = cannedTarget(good);
    expect((await inspect(target, cache)).kind).toBe('inspected');
    expect(target.asked).toEqual(['survey']);
  });

  test('that does not tell its build is asked each time', async () => {
    const answers = { ...good, survey: exited(surveyAnswer({ without: ['build'] })) };
    await look(answers);
    const target = cannedTarget(answers);
    await inspect(target, cache);
    expect(target.asked).toEqual(['survey', 'vmlinux', 'gfs2']);
  });

  test('is served though nothing can be kept', async () => {
    const found = await inspect(cannedTarget(good), '/dev/null/nowhere');
    expect(found.kind).toBe('inspected');
  });

  test('is asked anew when the kept copy is no BTF', async () => {
    await keepBtf(cache, build, 'vmlinux', new TextEncoder().encode('not BTF at all'));
    const target = cannedTarget(good);
    expect((await inspect(target, cache)).kind).toBe('inspected');
    expect(target.asked).toEqual(['survey', 'vmlinux', 'gfs2']);
    expect(await keptBtf(cache, build, 'vmlinux')).toEqual(Buffer.from(vmlinux));
  });
});

describe('a host that cannot be looked at', () => {
  test('since it is unreachable passes on why', async () => {
    expect(await refused({ survey: gone })).toMatchObject({ cause: gone.cause, remedy: gone.remedy, survey: null });
  });

  const printed = { stdout: new Uint8Array(), text: '', stderr: '' };
  test.each<[string, Ran, RegExp]>([
    ['takes too long', { kind: 'timed-out', timeoutMs: 60_000, ...printed }, /took more than 60 s/],
    ['is killed', { kind: 'signalled', signal: 'SIGKILL', ...printed }, /was ended by SIGKILL/],
    ['prints without end', { kind: 'overflowed', maxBytes: 64, ...printed }, /printed more than 64 bytes/],
    ['answers in part', exited(surveyAnswer().slice(0, 300), 1, 'sh: not found'), /only in part: sh: not found/],
  ])('when it %s says so', async (_, survey, cause) => {
    const found = await refused({ survey });
    expect(found.cause).toMatch(cause);
    expect(found.survey).toBeNull();
  });
});

describe('a host that is unfit', () => {
  test.each([
    ['has no bpftrace', { without: ['bpftrace'] }, /node1 has no bpftrace/, /Install it/],
    ['has no gfs2 loaded', { without: ['gfs2'] }, /gfs2 is not loaded on node1 \(kernel 6\.1/, /modprobe gfs2/],
    ['is not entered as root', { without: ['uid'], extra: ['uid 1000'] }, /user id 1000/, /ssh:\/\/root@HOST/],
    ['hides tracefs', { without: ['tracing'] }, /attachable functions cannot be read/, /mount -t tracefs/],
    ['lacks the kernel’s BTF', { without: ['btf'] }, /no \/sys\/kernel\/btf\/vmlinux on node1/, /DEBUG_INFO_BTF/],
    ['lacks a function', { without: ['fn gfs2_fault'] }, /cannot be probed for fault \(kprobe:gfs2_fault/, /Report/],
  ])('since it %s is told that, with the remedy and what was learnt', async (_, change, cause, remedy) => {
    const found = await refused({ ...good, survey: exited(surveyAnswer(change)) });
    expect(found.cause).toMatch(cause);
    expect(found.remedy).toMatch(remedy);
    expect(found.survey?.hostName).toBe('node1');
  });

  test('before it is asked for BTF, which is 4 MB', async () => {
    const target = cannedTarget({ ...good, survey: exited(surveyAnswer({ without: ['bpftrace'] })) });
    await inspect(target, cache);
    expect(target.asked).toEqual(['survey']);
  });

  test('though gfs2 has no BTF, as before 5.11, is served with the layout that is known, and says so', async () => {
    const survey = exited(surveyAnswer({ without: ['btf'], extra: ['btf vmlinux'] }));
    const target = cannedTarget({ ...good, survey });
    const found = await inspect(target, cache);
    expect(found).toMatchObject({ kind: 'inspected', layout: 'known' });
    const inBtf = await look(good);
    if (found.kind !== 'inspected' || inBtf.kind !== 'inspected') return;
    expect(target.asked).toEqual(['survey', 'vmlinux']);
    expect(inBtf.layout).toBe('btf');
    expect([...found.offsets].sort()).toEqual([...inBtf.offsets].sort());
  });

  test('for lack of a function still shows what it could cover', async () => {
    const found = await refused({ ...good, survey: exited(surveyAnswer({ without: ['fn gfs2_fault'] })) });
    expect(found.coverage.find((one) => one.capability === 'fault')).toMatchObject({ way: null });
    expect(found.coverage.find((one) => one.capability === 'acquire')).toMatchObject({ way: 'kprobe:gfs2_glock_nq' });
  });
});

describe('BTF that does not arrive whole', () => {
  const packed = gzipSync(vmlinux);
  test.each<[string, Answers, RegExp]>([
    [
      'is cut on the way',
      { ...good, vmlinux: exited(packed.subarray(0, 999)) },
      /vmlinux came damaged \(unexpected end/,
    ],
    ['is no BTF', { ...good, vmlinux: exited('hello') }, /BTF of vmlinux is damaged \(.+ at byte \d+\) on node1/],
    ['is empty', { ...good, gfs2: exited('') }, /BTF of gfs2 is damaged/],
    ['is cut before it was packed', { ...good, gfs2: exited(gfs2.subarray(0, 400)) }, /BTF of gfs2 is damaged/],
    ['may not be read', { ...good, gfs2: exited('', 1, 'cat: EPERM') }, /reading \S+gfs2 ended with 1: cat: EPERM/],
  ])('since it %s is a refusal, and is not kept', async (_, answers, cause) => {
    const found = await refused(answers);
    expect(found.cause).toMatch(cause);
    expect(found.remedy).not.toMatch(/CONFIG_DEBUG_INFO_BTF/);
    const target = cannedTarget(good);
    expect((await inspect(target, cache)).kind).toBe('inspected');
    expect(target.asked).toContain(/gfs2/.test(String(cause)) ? 'gfs2' : 'vmlinux');
  });

  test('since the host went away passes on why, as any unreachable host', async () => {
    const found = await refused({ ...good, gfs2: gone });
    expect(found).toMatchObject({ cause: gone.cause, remedy: gone.remedy, survey: { hostName: 'node1' } });
  });

  test('since the kernel’s own is a module’s is a refusal', async () => {
    const other = { ...good, vmlinux: exited(fixtureBytes('debian-6.1', 'gfs2')) };
    expect((await look(other)).kind).toBe('not-served');
  });
});
