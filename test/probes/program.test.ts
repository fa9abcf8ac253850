import { expect, test } from 'vitest';
import { heartbeatMs, offsetsNeeded, writeProgram } from '../../probes/program.ts';
import { fieldsOf, type RecordRow, records } from '../../probes/records.ts';
import { declare } from '../../probes/shapes.ts';
import { capabilities } from '../../probes/ways.ts';

const allWays = capabilities.flatMap((capability) => capability.ways);
const offsets = new Map(offsetsNeeded(allWays).map((field, at) => [field, at * 8]));
const rows: [string, RecordRow<unknown>][] = Object.entries(records);

test('every record has a letter of its own and fits the 64 bytes of bpftrace 0.11 and 15 numbers', () => {
  expect(new Set(rows.map(([, row]) => row.letter)).size).toBe(rows.length);
  for (const [name, row] of rows) {
    const fields = fieldsOf(row);
    expect(4 + fields.length, name).toBeLessThanOrEqual(15);
    expect(`${row.letter} %x %lx %lx %x${' %lx'.repeat(fields.length)}\\n`.length, name).toBeLessThanOrEqual(63);
  }
});

test('every way gives each field of its record a value, and no other', () => {
  for (const probe of allWays.flatMap((way) => way.probes)) {
    const fields = fieldsOf(records[probe.record]).map((field) => field.name);
    expect(Object.keys(probe.values).sort(), probe.attach).toEqual([...fields].sort());
  }
});

test('no function is attached to twice: bpftrace 0.17 would run the first body twice and the second never', () => {
  // One way of each capability is in a program at a time.
  const chosen = capabilities.flatMap((capability) => capability.ways.slice(-1));
  const points = chosen.flatMap((way) => way.probes.flatMap((probe) => probe.attach.split(',')));
  expect(points).toEqual([...new Set(points)]);
});

test('the program prints each record in the order in which the decoder reads it', () => {
  const program = writeProgram(allWays, offsets, 2);
  expect(program).toMatch(
    /kprobe:gfs2_glock_dq \{ @s\[cpu\]\+\+; printf\("D %x %lx %lx %x %lx\\n", cpu, @s\[cpu\], nsecs, tid, arg0\); \}/,
  );
  expect(program).toContain(`interval:ms:${heartbeatMs} { printf("H %x %lx %lx %x\\n", cpu, @s[cpu], nsecs, tid); }`);
});

test('the ready mark comes first, since bpftrace up to 0.23 attaches software probes last when they do', () => {
  expect(writeProgram(allWays, offsets, 1)).toMatch(/^(struct gs_\w+ \{.*\};\n)+software:cpu-clock:/);
});

test('every CPU gets a final count', () => {
  const end = writeProgram(allWays, offsets, 3)
    .split('\n')
    .find((line) => line.startsWith('END'));
  expect([...(end ?? '').matchAll(/printf\("Z [^"]*", (\d+), @s\[(\d+)\]/g)].map(([, cpu, key]) => [cpu, key])).toEqual(
    [
      ['0', '0'],
      ['1', '1'],
      ['2', '2'],
    ],
  );
});

test('a struct is declared with its fields where the host has them', () => {
  const places = new Map([
    ['gfs2_holder.gh_gl', 16],
    ['gfs2_holder.gh_flags', 32],
    ['gfs2_holder.gh_state', 34],
    ['gfs2_holder.gh_ip', 48],
  ]);
  expect(declare('holder', places)).toBe(
    'struct gs_holder { char pad0[16]; struct gs_glock *gl; char pad1[8]; unsigned short flags; unsigned short state; char pad3[12]; unsigned long ip; };',
  );
});

test('a missing offset is refused by name, not written as something else', () => {
  const lacking = new Map(offsets);
  lacking.delete('gfs2_holder.gh_gl');
  expect(() => writeProgram(allWays, lacking, 1)).toThrow('no offset for gfs2_holder.gh_gl');
});

test('the program uses nothing that bpftrace 0.11 lacks', () => {
  const program = writeProgram(allWays, offsets, 2);
  for (const newer of ['args.', 'let ', 'config', 'macro', 'fentry', 'kfunc', 'exit(', 'begin', 'end ']) {
    expect(program, newer).not.toContain(newer);
  }
});
