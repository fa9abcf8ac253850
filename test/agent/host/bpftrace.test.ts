import { expect, test } from 'vitest';
import { bpftraceCommand, dialectOf } from '../../../agent/host/bpftrace.ts';

test.each([
  ['0.11.3', false],
  ['0.12.0', true],
  ['0.17.0', true],
  ['0.27.1', true],
  ['1.0.0', true],
])('%s gets --no-warnings: %s, which 0.11 does not know', (version, expected) => {
  const flags = expected ? ['--no-warnings'] : [];
  expect(bpftraceCommand(version, 'BEGIN { }').argv).toEqual(['bpftrace', ...flags, '-e', 'BEGIN { }']);
});

test.each([
  ['0.11.3', '1024'],
  ['0.18.9', '1024'],
  ['0.19.0', '4096'],
  ['1.2', '4096'],
])('the ring of %s has %s pages: a buffer a CPU up to 0.18, then one for all', (version, pages) => {
  expect(bpftraceCommand(version, '').env['BPFTRACE_PERF_RB_PAGES']).toBe(pages);
});

test('limits are given under the old names and the new ones', () => {
  const { env } = bpftraceCommand('0.23.2', '');
  expect(env['BPFTRACE_MAP_KEYS_MAX']).toBe(env['BPFTRACE_MAX_MAP_KEYS']);
  expect(env['BPFTRACE_STRLEN']).toBe(env['BPFTRACE_MAX_STRLEN']);
});

test('a program stays one argument, whatever it holds', () => {
  const program = 'BEGIN { printf("it\'s $(id)\\n"); }';
  expect(bpftraceCommand('0.17.0', program).argv.at(-1)).toBe(program);
});

test.each([
  ['0.11.3', 'cast'],
  ['0.16.9', 'cast'],
  ['0.17.0', 'declared'],
  ['0.27.1', 'declared'],
  ['1.0.0', 'declared'],
  ['', 'cast'],
])('%j is written in the dialect %s', (version, dialect) => {
  expect(dialectOf(version)).toBe(dialect);
});
