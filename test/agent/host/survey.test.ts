import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { functionsWanted } from '../../../agent/host/plan.ts';
import { readSurvey, type Survey, surveyScript } from '../../../agent/host/survey.ts';
import { surveyAnswer } from './survey-answer.ts';

function survey(answer: string): Survey {
  const read = readSurvey(answer);
  if (read === null) throw new Error('the answer was taken for cut off');
  return read;
}
const swapped = (from: string, to: string): Survey => survey(surveyAnswer().replace(from, to));

describe('the answer of a host with gfs2', () => {
  test('says all that attaching needs', () => {
    const { functions, tracepoints, symbols, mounts, ...rest } = survey(surveyAnswer());
    expect(rest).toEqual({
      hostName: 'node1',
      kernel: '6.1.0-50-amd64',
      machine: 'x86_64',
      uid: 0,
      bpftrace: '0.17.0',
      possibleCpus: 9,
      gfs2Loaded: true,
      vmlinuxBtf: true,
      gfs2Btf: true,
      build: '0400000014000000030000004742550001020304',
      clock: { unixMs: 1_763_870_000_123, bootMs: 33_580 },
    });
    expect([...tracepoints]).toEqual(['gfs2:gfs2_glock_queue', 'gfs2:gfs2_promote']);
    expect(symbols).toEqual([
      ['ffffffffc0a1b000', 'gfs2_fault'],
      ['ffffffffc0a1b0b0', 'gfs2_page_mkwrite'],
      ['ffffffffc0a1b700', 'gfs2_glock_nq'],
    ]);
    expect(mounts).toHaveLength(2);
    expect(functions?.has('gfs2_fault')).toBe(true);
  });

  test('names functions without the module that stands behind them', () => {
    expect([...(survey(surveyAnswer()).functions ?? [])].sort()).toEqual(functionsWanted);
  });

  test('gives mount points and devices with their spaces, and dev_t as the probes print it', () => {
    expect(survey(surveyAnswer()).mounts).toEqual([
      { dev: 7 << 20, name: '/dev/loop0', mountPoint: '/mnt/gfs2' },
      { dev: (253 << 20) | 3, name: '/dev/mapper/vg one-lv', mountPoint: '/srv/my disk' },
    ]);
  });

  test('keeps a dev_t of a high major positive, as the kernel’s own is', () => {
    expect(swapped('7:0', '4095:1').mounts[0]?.dev).toBe(0xfff00001);
  });
});

describe('the number of CPUs', () => {
  test.each([
    ['0', 1],
    ['0-3', 4],
    ['0-3,8', 9],
    ['0-1,4-7', 8],
    ['', 1],
    ['0-99999', 4096],
  ])('that are possible is in %j the highest id and one more: %d', (cpus, expected) => {
    expect(swapped('cpus 0-3,8', `cpus ${cpus}`).possibleCpus).toBe(expected);
  });
});

describe('what a host lacks', () => {
  test('addresses that kptr_restrict hides are no symbols', () => {
    const hidden = surveyAnswer().replaceAll(/sym [0-9a-f]+/g, 'sym 0000000000000000');
    expect(survey(hidden).symbols).toEqual([]);
  });

  test('without tracefs it is unknown what can be attached to, which is not the same as nothing', () => {
    expect(survey(surveyAnswer({ without: ['tracing', 'fn', 'tp'] })).functions).toBeNull();
    expect(survey(surveyAnswer({ without: ['fn'] })).functions).toEqual(new Set());
  });

  test('no bpftrace is null, and so is a version that cannot be read', () => {
    expect(survey(surveyAnswer({ without: ['bpftrace'] })).bpftrace).toBeNull();
    expect(swapped('bpftrace v0.17.0', 'bpftrace: error while loading shared libraries').bpftrace).toBeNull();
  });

  test.each([
    ['bpftrace v0.11.3', '0.11.3'],
    ['bpftrace v0.23.2-1-gdeadbee', '0.23.2-1-gdeadbee'],
    ['bpftrace 0.20', '0.20'],
  ])('%s is version %s', (said, version) => {
    expect(swapped('bpftrace v0.17.0', said).bpftrace).toBe(version);
  });

  test('without gfs2, BTF or a build it says so', () => {
    expect(survey(surveyAnswer({ without: ['gfs2', 'btf', 'build'] }))).toMatchObject({
      gfs2Loaded: false,
      vmlinuxBtf: false,
      gfs2Btf: false,
      build: '',
    });
  });

  test('a user id that is not told is not root’s', () => {
    expect(survey(surveyAnswer({ without: ['uid'] })).uid).toBe(-1);
  });

  test.each(['clock 1763870000%N 33.58 60.00', 'clock 1763870000123456789', 'clock  33.58 60.00'])(
    '%j is a clock that could not tell',
    (said) => {
      expect(swapped('clock 1763870000123456789 33.58 60.00', said).clock).toBeNull();
    },
  );

  test('a mount line that is none is left out', () => {
    expect(swapped('mount 36 28 7:0', 'mount 36 28 what').mounts).toHaveLength(1);
  });
});

test('an answer that is cut off anywhere is none', () => {
  const whole = surveyAnswer();
  const accepted: number[] = [];
  for (let at = 0; at < whole.length - '\n'.length; at++)
    if (readSurvey(whole.slice(0, at)) !== null) accepted.push(at);
  expect(accepted).toEqual([]);
  expect(readSurvey(whole.trimEnd())).not.toBeNull();
});

test('the script runs in this machine’s own sh and gives an answer that is accepted', () => {
  const here = askHere(surveyScript(functionsWanted));
  expect(here).toMatchObject({ hostName: hostname(), kernel: release(), uid: process.getuid?.() });
  expect(here.possibleCpus).toBeGreaterThanOrEqual(1);
  const { clock } = here;
  expect(clock?.unixMs).toBeGreaterThan(Date.parse('2020-01-01'));
  expect(clock?.bootMs).toBeGreaterThan(0);
});

function askHere(script: string): Survey {
  // stderr is left out: sh complains of what a machine without modules lacks, and that is no part of the answer
  return survey(
    execFileSync('sh', ['-c', script], { encoding: 'utf8', timeout: 30_000, stdio: ['ignore', 'pipe', 'ignore'] }),
  );
}

test('functions are those of the tracefs that can be read; one that only looks readable, as under lockdown, is none', () => {
  const tracefs = mkdtempSync(join(tmpdir(), 'glockscope-tracefs-'));
  const script = surveyScript(['gfs2_fault', 'do_exit'])
    .replace('/sys/kernel/tracing', tracefs)
    .replace('/sys/kernel/debug/tracing', `${tracefs}/none`);
  const ask = (): Survey => askHere(script);
  const list = join(tracefs, 'available_filter_functions');
  try {
    expect(ask().functions).toBeNull();
    // A folder passes `test -r` and fails to be read, as a file does that lockdown hides from root.
    mkdirSync(list);
    expect(ask().functions).toBeNull();
    rmSync(list, { recursive: true });
    writeFileSync(list, 'do_exit\ndo_exit_also\ngfs2_fault [gfs2]\ngfs2_fault_not [gfs2]\n');
    mkdirSync(join(tracefs, 'events', 'gfs2', 'gfs2_promote'), { recursive: true });
    expect(ask()).toMatchObject({
      functions: new Set(['do_exit', 'gfs2_fault']),
      tracepoints: new Set(['gfs2:gfs2_promote']),
    });
  } finally {
    rmSync(tracefs, { recursive: true });
  }
});

test('the script asks for words only: nothing that a shell would expand', () => {
  expect(surveyScript(['gfs2_fault', '$(reboot)', 'a b', '`id`'])).toContain("'^(gfs2_fault)( |$)'");
});
