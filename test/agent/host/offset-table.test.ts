import { describe, expect, test } from 'vitest';
import { fieldsWanted, offsetsFrom } from '../../../agent/host/offset-table.ts';
import { fixture } from './btf/fixture.ts';
import { encoded } from './btf/parsed.ts';

/** Of Debian's 6.1.0-50-amd64 and 6.12.117+deb12-amd64, as pahole-like tools print them from the same debug data. */
const known: Readonly<Record<string, readonly [in61: number, in612: number]>> = {
  'file.f_inode': [32, 40],
  'gfs2_glock.gl_name.ln_number': [8, 8],
  'gfs2_glock.gl_name.ln_sbd': [16, 16],
  'gfs2_glock.gl_name.ln_type': [24, 24],
  'gfs2_holder.gh_flags': [32, 32],
  'gfs2_holder.gh_gl': [16, 16],
  'gfs2_holder.gh_ip': [48, 48],
  'gfs2_holder.gh_state': [34, 34],
  'gfs2_sbd.sd_vfs': [0, 0],
  'inode.i_ino': [64, 64],
  'inode.i_sb': [40, 40],
  'iov_iter.count': [16, 24],
  'kiocb.ki_filp': [0, 0],
  'kiocb.ki_flags': [32, 32],
  'kiocb.ki_pos': [8, 8],
  'super_block.s_dev': [16, 16],
  'task_struct.comm': [2976, 2976],
  'vm_area_struct.vm_file': [112, 128],
  'vm_fault.address': [24, 24],
  'vm_fault.flags': [40, 40],
  'vm_fault.vma': [0, 0],
};

describe.each([
  ['debian-6.1', 0],
  ['debian-6.12', 1],
] as const)('%s', (name, column) => {
  test('tells every field that a probe may read', () => {
    const { table, missing } = offsetsFrom(fixture(name));
    expect(missing).toEqual([]);
    expect([...table.keys()]).toEqual(fieldsWanted);
  });

  test('has them where other tools find them', () => {
    const { table } = offsetsFrom(fixture(name));
    const expected = Object.fromEntries(Object.entries(known).map(([field, offsets]) => [field, offsets[column]]));
    expect(Object.fromEntries([...table].filter(([field]) => field in known))).toEqual(expected);
  });
});

test('only the start of a task has no second source here', () => {
  expect(fieldsWanted.filter((field) => !(field in known))).toEqual(['task_struct.start_time']);
});

test('a field that BTF does not tell is missing with a reason, never guessed', () => {
  const { table, missing } = offsetsFrom(fixture('debian-6.1'), ['gfs2_holder.gh_nothing', 'no_struct.at_all']);
  expect(table.size).toBe(0);
  expect(missing.map((one) => one.field)).toEqual(['gfs2_holder.gh_nothing', 'no_struct.at_all']);
  for (const { why } of missing) expect(why).not.toBe('');
});

test('a bitfield is missing: its byte offset would be read as a whole number', () => {
  const { table, missing } = offsetsFrom(fixture('debian-6.12'), ['gfs2_glock.gl_state', 'gfs2_holder.gh_gl']);
  expect([...table]).toEqual([['gfs2_holder.gh_gl', 16]]);
  expect(missing).toEqual([{ field: 'gfs2_glock.gl_state', why: 'is a bitfield, which no probe reads' }]);
});

test('BTF without any struct misses every field', () => {
  expect(offsetsFrom(encoded()).missing.map((one) => one.field)).toEqual(fieldsWanted);
});
