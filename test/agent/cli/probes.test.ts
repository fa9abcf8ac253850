import { describe, expect, test } from 'vitest';
import { planText } from '../../../agent/cli/probes.ts';
import type { Inspected, NotServed } from '../../../agent/host/inspect.ts';
import { readSurvey } from '../../../agent/host/survey.ts';
import { surveyAnswer } from '../host/survey-answer.ts';

const survey = readSurvey(surveyAnswer());
if (survey === null) throw new Error('the survey of these tests is none');
const coverage = [
  { capability: 'acquire', way: 'kprobe:gfs2_glock_nq', note: '' },
  { capability: 'grant', way: null, note: 'no way at all' },
];
const program = 'BEGIN { printf("a $b `c`\\n"); }\n';
const served: Inspected = {
  kind: 'inspected',
  survey,
  offsets: new Map([['gfs2_holder.gh_gl', 16]]),
  coverage,
  program,
  layout: 'btf',
};
const unserved: NotServed = { kind: 'not-served', cause: 'why', remedy: 'what', survey, coverage };

describe('the plan of a host that can be served', () => {
  test('is a table, how the program is run, and the program as it is', () => {
    expect(planText(served, 'text')).toBe(
      [
        'capability  way                   notes',
        'acquire     kprobe:gfs2_glock_nq',
        'grant       not seen              no way at all',
        '',
        "// on node1, kernel 6.1.0-50-amd64, with gfs2's fields as its BTF says; bpftrace 0.17.0, run as:",
        '// BPFTRACE_PERF_RB_PAGES=1024 BPFTRACE_MAP_KEYS_MAX=65536 BPFTRACE_MAX_MAP_KEYS=65536 BPFTRACE_STRLEN=64 BPFTRACE_MAX_STRLEN=64 bpftrace --no-warnings -e PROGRAM',
        '',
        program,
      ].join('\n'),
    );
  });

  test('says where the fields are from when there is no BTF', () => {
    expect(planText({ ...served, layout: 'known' }, 'text')).toContain('as on the kernels known, since it has no BTF');
  });

  test('is data for a pipe', () => {
    expect(JSON.parse(planText(served, 'json'))).toEqual({ coverage, offsets: { 'gfs2_holder.gh_gl': 16 }, program });
  });

  test('is the program and not a byte more, for a pipe into bpftrace', () => {
    expect(planText(served, 'program')).toBe(program);
  });
});

describe('the plan of a host that cannot be served', () => {
  test('still tells what was found', () => {
    expect(planText(unserved, 'text')).toContain('grant       not seen              no way at all');
    expect(JSON.parse(planText(unserved, 'json'))).toEqual({ coverage, offsets: {}, program: null });
  });

  test('has no program', () => {
    expect(planText(unserved, 'program')).toBe('');
    expect(planText({ ...unserved, coverage: [] }, 'text')).toBe('');
  });
});
