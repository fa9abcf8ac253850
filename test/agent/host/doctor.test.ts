import { describe, expect, test } from 'vitest';
import type { Check, CheckState } from '../../../agent/host/check.ts';
import { diagnose, trialCheck, wouldAttach } from '../../../agent/host/doctor.ts';
import type { Examined } from '../../../agent/host/doctor-facts.ts';
import { type HostFacts, readHostFacts } from '../../../agent/host/host-facts.ts';
import type { Inspected, NotServed } from '../../../agent/host/inspect.ts';
import { fieldsWanted } from '../../../agent/host/offset-table.ts';
import { makePlan } from '../../../agent/host/plan.ts';
import { readSurvey, type Survey } from '../../../agent/host/survey.ts';
import { writeProgram } from '../../../probes/program.ts';
import { hostAnswer } from './host-answer.ts';
import { surveyAnswer } from './survey-answer.ts';

const offsets = new Map(fieldsWanted.map((field, at) => [field, at * 8]));

function surveyOf(answer: Parameters<typeof surveyAnswer>[0] = {}): Survey {
  const survey = readSurvey(surveyAnswer(answer));
  if (survey === null) throw new Error('the survey of these tests is none');
  return survey;
}
function hostOf(answer: Parameters<typeof hostAnswer>[0] = {}): HostFacts {
  const host = readHostFacts(hostAnswer(answer));
  if (host === null) throw new Error('the host of these tests is none');
  return host;
}

/** As inspect finds it on a host that it can serve. */
function inspected(survey: Survey): Inspected {
  const plan = makePlan(survey, offsets);
  if (plan.kind === 'no-plan') throw new Error(plan.cause);
  const program = writeProgram(plan.ways, offsets, survey.possibleCpus, 'declared');
  return { kind: 'inspected', survey, offsets, coverage: plan.coverage, program, layout: 'btf' };
}
const refused = (survey: Survey | null): NotServed => ({
  kind: 'not-served',
  cause: 'inspect says why',
  remedy: 'inspect says what to do',
  survey,
  coverage: [],
});

const examined = (change: Partial<Examined> = {}): Examined => ({
  kind: 'examined',
  target: 'ssh://root@node1',
  tookMs: 210.4,
  host: hostOf(),
  ahead: { ms: 12, uncertaintyMs: 105 },
  found: inspected(surveyOf()),
  ...change,
});

const inState = (checks: readonly Check[], state: CheckState): string[] =>
  checks.filter((check) => check.state === state).map((check) => check.name);
const named = (checks: readonly Check[], name: string): Check | undefined =>
  checks.find((check) => check.name === name);

/** Every host of these tests: each must be told what to do about each thing that is not well. */
const hosts: readonly (readonly [
  title: string,
  facts: Examined,
  failed: readonly string[],
  warned: readonly string[],
])[] = [
  ['with everything in place', examined(), [], []],
  [
    'without bpftrace',
    examined({ host: hostOf({ without: ['bpftrace-at'] }), found: refused(surveyOf({ without: ['bpftrace'] })) }),
    ['bpftrace'],
    [],
  ],
  ['with bpftrace outside PATH', examined({ found: refused(surveyOf({ without: ['bpftrace'] })) }), ['bpftrace'], []],
  [
    'without gfs2 loaded',
    examined({
      host: hostOf({ without: ['events'] }),
      found: refused(surveyOf({ without: ['gfs2', 'mount', 'sym', 'btf gfs2'] })),
    }),
    ['gfs2'],
    ['gfs2 mounted'],
  ],
  [
    'that lets us in as a user without rights',
    examined({
      host: hostOf({ without: ['CapEff:', 'events'], extra: ['CapEff:\t0000000000000000'] }),
      found: refused(surveyOf({ without: ['uid', 'tracing', 'fn', 'tp', 'sym'], extra: ['uid 1000'] })),
    }),
    ['rights'],
    [],
  ],
  [
    'that is a container, whose root may not trace',
    examined({ host: hostOf({ without: ['CapEff:'], extra: ['CapEff:\t00000000a80425fb'] }) }),
    ['rights'],
    [],
  ],
  ['without debugfs', examined({ host: hostOf({ without: ['debugfs'] }) }), [], ['debugfs']],
  [
    'without tracefs',
    examined({
      host: hostOf({ without: ['tracefs', 'debugfs', 'events'] }),
      found: refused(surveyOf({ without: ['tracing', 'fn', 'tp'] })),
    }),
    ['tracefs'],
    ['debugfs'],
  ],
  [
    'in lockdown',
    examined({
      host: hostOf({ without: ['lockdown', 'events'], extra: ['lockdown none integrity [confidentiality]'] }),
      found: refused(surveyOf({ without: ['tracing', 'fn', 'tp'] })),
    }),
    ['tracefs', 'lockdown'],
    [],
  ],
  ['without BTF', examined({ found: refused(surveyOf({ without: ['btf'] })) }), ['BTF'], []],
  [
    'without BTF of its modules',
    examined({ found: { ...inspected(surveyOf({ without: ['btf gfs2'] })), layout: 'known' } }),
    [],
    ['BTF'],
  ],
  ['with nothing mounted', examined({ found: inspected(surveyOf({ without: ['mount'] })) }), [], ['gfs2 mounted']],
  ['that hides addresses', examined({ found: inspected(surveyOf({ without: ['sym'] })) }), [], ['symbols']],
  [
    'of another machine type',
    examined({ found: inspected(surveyOf({ without: ['machine'], extra: ['machine aarch64'] })) }),
    [],
    ['kernel'],
  ],
  [
    'whose kernel lacks a function that helps',
    examined({ found: inspected(surveyOf({ without: ['fn iomap_dio_rw'] })) }),
    [],
    ['sees attempt result of iomap_dio_rw'],
  ],
  [
    'with little memory',
    examined({
      host: hostOf({ without: ['MemAvailable:'], extra: ['MemAvailable:   102400 kB'] }),
    }),
    [],
    ['buffers', 'memory'],
  ],
  ['without perl and python', examined({ host: hostOf({ without: ['relay'], extra: ['relay sh'] }) }), [], ['relay']],
  ['an hour behind', examined({ ahead: { ms: -3_600_000, uncertaintyMs: 105 } }), [], ['clock']],
  ['whose date knows no nanoseconds', examined({ ahead: null }), [], ['clock']],
  [
    'traced by others',
    examined({
      host: hostOf({ without: ['events'], extra: ['events X', 'runs 812 pmdagfs2', 'pipe 812 pmdagfs2'] }),
    }),
    [],
    ['other tracers'],
  ],
  ['that could not be surveyed', examined({ found: refused(null) }), ['plan'], []],
  ['that nothing but inspect finds fault with', examined({ found: refused(surveyOf()) }), ['plan'], []],
];

describe.each(hosts)('a host %s', (_, facts, failed, warned) => {
  const checks = diagnose(facts);

  test('is judged by the lines that matter', () => {
    expect(inState(checks, 'failed')).toEqual(failed);
    expect(inState(checks, 'warning')).toEqual(warned);
  });

  test('is told cause and remedy of each, and no remedy where nothing is wrong', () => {
    for (const check of checks) {
      expect(check.detail, check.name).not.toBe('');
      if (check.state === 'failed' || check.state === 'warning') expect(check.remedy, check.name).toMatch(/\w{2} ?\w/);
      else expect(check.remedy, check.name).toBeNull();
    }
  });

  test('would be attached to exactly when nothing failed', () => {
    expect(wouldAttach(checks)).toBe(failed.length === 0);
  });

  test('has each line once', () => {
    expect(new Set(checks.map((check) => check.name)).size).toBe(checks.length);
  });
});

test('no host that attach refuses is called fit', () => {
  const refusedHosts = hosts.filter(([, facts]) => facts.found.kind === 'not-served');
  expect(refusedHosts.filter(([, facts]) => wouldAttach(diagnose(facts)))).toEqual([]);
  expect(refusedHosts.length).toBeGreaterThan(5);
});

describe('what a line says', () => {
  test('a host out of reach: why, and nothing else tried', () => {
    const checks = diagnose({ kind: 'unreached', cause: 'The host refused', remedy: 'Start sshd there' });
    expect(checks[0]).toEqual({
      name: 'reach',
      state: 'failed',
      detail: 'The host refused',
      remedy: 'Start sshd there',
    });
    expect(new Set(checks.slice(1).map((check) => check.state))).toEqual(new Set(['not-tried']));
    expect(wouldAttach(checks)).toBe(false);
    const reached = diagnose(examined()).map((check) => check.name);
    expect(checks.map((check) => check.name)).toEqual(reached.filter((name) => !name.startsWith('sees ')));
  });

  test('the cause that inspect gives, when no line explains it', () => {
    expect(named(diagnose(examined({ found: refused(surveyOf()) })), 'plan')).toMatchObject({
      detail: 'inspect says why',
      remedy: 'inspect says what to do',
    });
  });

  test('a required capability without a way fails, and so does the plan', () => {
    const plan = makePlan(surveyOf({ without: ['fn gfs2_fault'] }), offsets);
    if (plan.kind !== 'no-plan') throw new Error('a plan without gfs2_fault');
    const { cause, remedy, coverage } = plan;
    const checks = diagnose(examined({ found: { kind: 'not-served', cause, remedy, survey: surveyOf(), coverage } }));
    expect(inState(checks, 'failed')).toEqual(['sees fault', 'plan']);
    expect(named(checks, 'sees fault')?.detail).toMatch(/gfs2_fault cannot be attached to/);
    expect(named(checks, 'plan')?.detail).toMatch(/6\.1\.0-50-amd64\) cannot be probed for fault/);
  });

  test('each capability has its way, and what that way lacks', () => {
    const checks = diagnose(examined());
    expect(named(checks, 'sees acquire')).toEqual({
      name: 'sees acquire',
      state: 'ok',
      detail: 'kprobe:gfs2_glock_nq',
      remedy: null,
    });
    expect(named(checks, 'sees release')?.detail).toMatch(/^kprobe:gfs2_glock_dq; a holder that the kernel itself/);
  });

  test('CAP_BPF and CAP_PERFMON do for the kernel, and bpftrace still wants root', () => {
    const host = hostOf({ without: ['CapEff:'], extra: ['CapEff:\t000000c000000000'] });
    expect(named(diagnose(examined({ host })), 'rights')?.state).toBe('ok');
    const found = refused(surveyOf({ without: ['uid'], extra: ['uid 1000'] }));
    expect(named(diagnose(examined({ host, found })), 'rights')).toMatchObject({
      state: 'failed',
      detail: expect.stringMatching(/has CAP_BPF and CAP_PERFMON, but bpftrace insists on root/),
    });
  });

  test.each([
    ['0.17.0', '20 MiB for records (5 CPUs)'],
    ['0.18.1', '20 MiB for records (5 CPUs)'],
    ['0.19.0', '16 MiB for records (one ring)'],
    ['0.23.2', '16 MiB for records (one ring)'],
  ])('buffers of bpftrace %s: %s', (version, expected) => {
    const survey = surveyOf({ without: ['bpftrace'], extra: [`bpftrace bpftrace v${version}`] });
    const detail = named(diagnose(examined({ found: inspected(survey) })), 'buffers')?.detail;
    expect(detail).toContain(expected);
    expect(detail).toMatch(/\d MiB for \d maps of 65536 keys$/);
  });

  test('debugfs is missed more by a bpftrace that looks for tracepoints nowhere else', () => {
    const host = hostOf({ without: ['debugfs'] });
    const old = surveyOf({ without: ['bpftrace'], extra: ['bpftrace bpftrace 0.11.3'] });
    expect(named(diagnose(examined({ host, found: inspected(old) })), 'debugfs')?.detail).toMatch(
      /bpftrace 0\.11\.3 finds tracepoints only there/,
    );
    expect(named(diagnose(examined({ host })), 'debugfs')?.detail).toMatch(/probes do not need it/);
  });

  test('a bpftrace that lies elsewhere is named', () => {
    const host = hostOf({ without: ['bpftrace-at'], extra: ['bpftrace-at /usr/local/bin/bpftrace'] });
    const found = refused(surveyOf({ without: ['bpftrace'] }));
    expect(named(diagnose(examined({ host, found })), 'bpftrace')).toMatchObject({
      detail: expect.stringContaining('/usr/local/bin/bpftrace is there, but'),
      remedy: expect.stringContaining('/usr/local/bin/bpftrace --version'),
    });
  });

  test.each([
    [{ ms: 40, uncertaintyMs: 105 }, 'ok', /within ± 105 ms of this machine's/],
    [{ ms: 700, uncertaintyMs: 105 }, 'ok', /700 ms ahead of this machine, ± 105 ms/],
    [{ ms: -5000, uncertaintyMs: 105 }, 'warning', /5000 ms behind this machine, ± 105 ms/],
    // a slow answer proves nothing
    [{ ms: 1800, uncertaintyMs: 2000 }, 'ok', /within ± 2000 ms/],
  ] as const)('the clock: %o is %s', (ahead, state, detail) => {
    expect(named(diagnose(examined({ ahead })), 'clock')).toMatchObject({
      state,
      detail: expect.stringMatching(detail),
    });
  });

  test('others who trace are named with their process', () => {
    const host = hostOf({ without: ['events'], extra: ['events 1', 'runs 90 bpftrace', 'pipe 812 pmdagfs2'] });
    expect(named(diagnose(examined({ host })), 'other tracers')?.detail).toMatch(
      /^bpftrace \(process 90\) runs; pmdagfs2 \(process 812\) reads trace_pipe; all tracepoints of gfs2 are switched on/,
    );
  });
});

describe('the trial attach', () => {
  test('tells how long it took', () => {
    const ended = { kind: 'stopped', code: 0 } as const;
    expect(trialCheck({ kind: 'attached', tookMs: 4120, stopMs: 910, ended })).toEqual({
      name: 'trial attach',
      state: 'ok',
      detail: 'attached in 4.1 s, ended 0.9 s after that, nothing left behind',
      remedy: null,
    });
  });

  test('warns when the end was not heard', () => {
    const ended = { kind: 'unreachable', cause: 'The connection ended', remedy: 'Look there' } as const;
    expect(trialCheck({ kind: 'attached', tookMs: 4120, stopMs: 910, ended })).toMatchObject({
      state: 'warning',
      detail: expect.stringContaining('The connection ended'),
    });
  });

  test('fails with cause and remedy, and then attach would', () => {
    const check = trialCheck({ kind: 'failed', cause: 'bpftrace could not attach', remedy: 'See the program' });
    expect(check).toMatchObject({ state: 'failed', detail: 'bpftrace could not attach', remedy: 'See the program' });
    expect(wouldAttach([...diagnose(examined()), check])).toBe(false);
  });

  test('that is left out says so', () => {
    expect(trialCheck({ kind: 'not-tried', why: 'left out by --no-trial' })).toMatchObject({
      state: 'not-tried',
      detail: 'left out by --no-trial',
    });
  });
});
