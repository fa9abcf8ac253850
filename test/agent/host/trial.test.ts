/** The trial's own conduct, on this machine, with a program in bpftrace's place that says what bpftrace would. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Inspected } from '../../../agent/host/inspect.ts';
import { readSurvey } from '../../../agent/host/survey.ts';
import { tryAttach } from '../../../agent/host/trial.ts';
import { localTarget } from '../../../agent/target/local.ts';
import { surveyAnswer } from './survey-answer.ts';

const survey = readSurvey(surveyAnswer());
if (survey === null) throw new Error('the survey of these tests is none');
const found: Inspected = {
  kind: 'inspected',
  survey,
  offsets: new Map(),
  coverage: [],
  program: 'BEGIN { }',
  layout: 'btf',
};
const target = localTarget({ variant: 'auto', idleSeconds: 15, graceSeconds: 2 });

describe('a trial attach', () => {
  const path = process.env['PATH'];
  let folder = '';
  const inItsPlace = (script: string): void => {
    const program = join(folder, 'bpftrace');
    writeFileSync(program, `#!/bin/sh\n${script}\n`);
    chmodSync(program, 0o755);
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'glockscope-trial-'));
    process.env['PATH'] = `${folder}:${path ?? ''}`;
  });
  afterEach(() => {
    process.env['PATH'] = path;
    rmSync(folder, { recursive: true, force: true });
  });

  test('ends the program as soon as it is ready, and tells how it ended', async () => {
    inItsPlace(
      "trap 'echo Z 0 0 9 0; exit 0' TERM; echo 'Attaching 2 probes...'; echo R 0 0 5 7; while :; do sleep 0.1; done",
    );
    expect(await tryAttach(target, found)).toEqual({
      kind: 'attached',
      tookMs: expect.any(Number),
      stopMs: expect.any(Number),
      ended: { kind: 'stopped', code: 0 },
    });
  });

  test('runs the very program, with the settings of that version', async () => {
    inItsPlace('echo "$BPFTRACE_PERF_RB_PAGES $*" >&2; exit 1');
    expect(await tryAttach(target, found)).toMatchObject({
      kind: 'failed',
      cause: 'bpftrace could not attach and ended with 1: 1024 --no-warnings -e BEGIN { }',
    });
  });

  test.each([
    ['ERROR: Could not attach kprobe: Operation not permitted', /root of the host/],
    ['ERROR: bpftrace currently only supports running as the root user.', /root of the host/],
    ['ERROR: Failed to create map: Cannot allocate memory', /memory/],
    ['stat /sys/kernel/debug/tracing/available_filter_functions: No such file or directory', /mount -t debugfs/],
    ['stdin:1:1-29: ERROR: tracepoint not found: gfs2:gfs2_promote', /mount -t debugfs/],
    ['ERROR: a word that nobody knows', /npm start -- probes/],
  ])('that fails with "%s" says what to do', async (said, remedy) => {
    inItsPlace(`echo '${said}' >&2; exit 255`);
    expect(await tryAttach(target, found)).toEqual({
      kind: 'failed',
      cause: `bpftrace could not attach and ended with 255: ${said}`,
      remedy: expect.stringMatching(remedy),
    });
  });

  test('that is never ready is stopped at the deadline, with what it said', async () => {
    inItsPlace("trap 'exit 0' TERM; echo 'still compiling' >&2; echo H 0 0 1 0; while :; do sleep 0.1; done");
    expect(await tryAttach(target, found, { deadlineMs: 500 })).toEqual({
      kind: 'failed',
      cause: 'bpftrace had not attached after 0.5 s and was stopped (still compiling)',
      remedy: expect.stringContaining('try again'),
    });
  });

  test('ends at a signal', async () => {
    inItsPlace("trap 'exit 0' TERM; while :; do sleep 0.1; done");
    const interrupt = new AbortController();
    setTimeout(() => interrupt.abort(), 200);
    expect(await tryAttach(target, found, { interrupt: interrupt.signal })).toEqual({
      kind: 'not-tried',
      why: 'interrupted',
    });
  });
});
