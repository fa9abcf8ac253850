import { describe, expect, test } from 'vitest';
import { fieldsWanted } from '../../../agent/host/offset-table.ts';
import { functionsWanted, makePlan, type NoPlan, type Plan } from '../../../agent/host/plan.ts';
import { readSurvey, type Survey } from '../../../agent/host/survey.ts';
import { capabilities } from '../../../probes/ways.ts';
import { surveyAnswer } from './survey-answer.ts';

const whole = readSurvey(surveyAnswer());
if (whole === null) throw new Error('the survey of these tests is none');
const host: Survey = whole;
const offsets = new Map(fieldsWanted.map((field, at) => [field, at * 8]));

const without = (...names: string[]): Survey => ({
  ...host,
  functions: new Set(functionsWanted.filter((name) => !names.includes(name))),
});
const wayOf = (made: Plan | NoPlan, capability: string): { way: string | null; note: string } | undefined =>
  made.coverage.find((one) => one.capability === capability);

describe('a host that has everything', () => {
  const plan = makePlan(host, offsets);

  test('gets a way for each capability, in their order', () => {
    expect(plan.kind).toBe('plan');
    expect(plan.coverage.map((one) => one.capability)).toEqual(capabilities.map((one) => one.name));
    expect(plan.coverage.filter((one) => one.way === null)).toEqual([]);
    expect(plan.kind === 'plan' ? plan.ways.length : 0).toBe(capabilities.length);
  });

  test('is told what a way cannot show', () => {
    expect(wayOf(plan, 'release')?.note).toMatch(/dequeues after an error/);
  });

  test('is told why a better way was not taken', () => {
    expect(wayOf(plan, 'grant')).toMatchObject({
      way: 'kretprobe:gfs2_glock_nq',
      note: expect.stringMatching(/needs bpftrace 0\.23, the host has 0\.17\.0/),
    });
  });
});

describe('a host that lacks', () => {
  test('a function of an optional capability loses that one alone, with the reason', () => {
    const plan = makePlan(without('iomap_dio_rw'), offsets);
    expect(plan.kind).toBe('plan');
    expect(plan.coverage.filter((one) => one.way === null)).toEqual([
      {
        capability: 'attempt result of iomap_dio_rw',
        way: null,
        note: 'kretprobe:iomap_dio_rw: iomap_dio_rw cannot be attached to (not in available_filter_functions)',
      },
    ]);
  });

  test('a tracepoint is told that', () => {
    const plan = makePlan({ ...host, tracepoints: new Set() }, offsets);
    expect(wayOf(plan, 'grant')).toMatchObject({ note: expect.stringContaining('gfs2:gfs2_promote does not exist') });
  });

  test('a function without which there is nothing to see is not served, and told which and what to do', () => {
    const made = makePlan(without('gfs2_glock_nq', 'gfs2_glock_dq'), offsets);
    expect(made).toMatchObject({ kind: 'no-plan', remedy: expect.stringContaining('kernel version') });
    const cause = made.kind === 'no-plan' ? made.cause : '';
    expect(cause).toContain('6.1.0-50-amd64');
    expect(cause).toContain('acquire (kprobe:gfs2_glock_nq: gfs2_glock_nq cannot be attached to');
    expect(cause).toContain('kprobe:gfs2_glock_dq: gfs2_glock_dq cannot be attached to');
    expect(made.coverage.map((one) => one.capability)).toEqual(capabilities.map((one) => one.name));
  });

  test('an offset is told which field it is', () => {
    const fewer = new Map([...offsets].filter(([field]) => field !== 'vm_fault.vma'));
    const made = makePlan(host, fewer);
    expect(made).toMatchObject({
      kind: 'no-plan',
      cause: expect.stringContaining("the host's BTF does not tell the offset of vm_fault.vma"),
    });
    expect(made.kind === 'no-plan' ? made.cause : '').not.toContain('acquire');
  });

  test('the list of functions is served nothing', () => {
    expect(makePlan({ ...host, functions: null }, offsets).kind).toBe('no-plan');
  });
});

test.each(functionsWanted)('no plan attaches to %s where it is missing', (name) => {
  const made = makePlan(without(name), offsets);
  const used = made.kind === 'plan' ? made.ways.flatMap((way) => way.probes.map((probe) => probe.attach)) : [];
  expect(used.filter((attach) => attach.split(/[:,]/).includes(name))).toEqual([]);
});
