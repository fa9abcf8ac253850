// Two real kernels with gfs2: the numbers here were read from their debug data by other tools, not by ours.

import { describe, expect, test } from 'vitest';
import { enumValue } from '../../../../agent/host/btf/enum-value.ts';
import { fieldOffset } from '../../../../agent/host/btf/field-offset.ts';
import { functionPrototype } from '../../../../agent/host/btf/function-prototype.ts';
import { structLayout } from '../../../../agent/host/btf/struct-layout.ts';
import { type FixtureName, fixture } from './fixture.ts';

const names: readonly FixtureName[] = ['debian-6.1', 'debian-6.12'];

/** `offset+size`, with `:bit+bits` for a bitfield; or why there is none. */
function place(name: FixtureName, struct: string, field: string): string {
  const found = fieldOffset(fixture(name), struct, field);
  if (found.kind !== 'found') return found.why;
  const bits = found.bitfield === undefined ? '' : `:${found.bitfield.offsetBits}+${found.bitfield.sizeBits}`;
  return `${found.offsetBytes}+${found.sizeBytes}${bits}`;
}

describe.each(names)('%s', (name) => {
  test('lays out gfs2_holder as all kernels do', () => {
    const layout = structLayout(fixture(name), 'gfs2_holder');
    expect(layout).toMatchObject({ kind: 'found', sizeBytes: 56 });
    const lines = layout.kind === 'found' ? layout.fields.map((field) => `${field.offsetBytes} ${field.name}`) : [];
    expect(lines).toEqual([
      '0 gh_list',
      '16 gh_gl',
      '24 gh_owner_pid',
      '32 gh_flags',
      '34 gh_state',
      '36 gh_error',
      '40 gh_iflags',
      '48 gh_ip',
    ]);
  });

  test.each([
    ['gl_name.ln_number', '8+8'],
    ['gl_name.ln_sbd', '16+8'],
    ['gl_name.ln_type', '24+4'],
    ['gl_lockref.count', '36+4'],
    ['gl_state', '40+1:0+2'],
    ['gl_target', '40+1:2+2'],
    ['gl_demote_state', '40+1:4+2'],
    ['gl_req', '40+1:6+2'],
    ['gl_reply', '41+1:0+8'],
    ['gl_lksb.sb_lkid', '164+4'],
    ['gl_tchange', '184+8'],
    ['gl_node', '440+8'],
  ])('has gfs2_glock.%s at %s', (field, expected) => {
    expect(place(name, 'gfs2_glock', field)).toBe(expected);
  });

  test('knows the parameters of gfs2 functions', () => {
    expect(functionPrototype(fixture(name), 'gfs2_glock_nq')).toEqual({
      kind: 'found',
      params: [{ name: 'gh', type: 'struct gfs2_holder *' }],
      returns: 'int',
    });
    expect(functionPrototype(fixture(name), 'gfs2_fault')).toEqual({
      kind: 'found',
      params: [{ name: 'vmf', type: 'struct vm_fault *' }],
      returns: 'vm_fault_t',
    });
    expect(functionPrototype(fixture(name), 'gfs2_file_read_iter')).toMatchObject({
      params: [
        { name: 'iocb', type: 'struct kiocb *' },
        { name: 'to', type: 'struct iov_iter *' },
      ],
    });
  });

  test('cannot follow a pointer out of its struct', () => {
    expect(fieldOffset(fixture(name), 'gfs2_holder', 'gh_gl.gl_name')).toMatchObject({ kind: 'missing' });
  });
});

test.each([
  ['super_block', 's_dev', '16+4', '16+4'],
  ['super_block', 's_id', '968+32', '960+32'],
  ['gfs2_sbd', 'sd_vfs', '0+8', '0+8'],
  ['gfs2_sbd', 'sd_fsname', '2496+270', '2304+270'],
  ['gfs2_inode', 'i_inode.i_ino', '64+8', '64+8'],
  ['gfs2_inode', 'i_no_addr', '632+8', '624+8'],
  ['gfs2_inode', 'i_gl', '672+8', '664+8'],
  ['file', 'f_inode', '32+8', '40+8'],
  ['inode', 'i_sb', '40+8', '40+8'],
  ['kiocb', 'ki_filp', '0+8', '0+8'],
  ['kiocb', 'ki_pos', '8+8', '8+8'],
  ['kiocb', 'ki_flags', '32+4', '32+4'],
  ['iov_iter', 'iter_type', '0+1', '0+1'],
  ['iov_iter', 'nofault', '1+1', '1+1'],
  ['iov_iter', 'count', '16+8', '24+8'],
  ['vm_fault', 'vma', '0+8', '0+8'],
  ['vm_fault', 'pgoff', '16+8', '16+8'],
  ['vm_fault', 'address', '24+8', '24+8'],
  ['vm_fault', 'flags', '40+4', '40+4'],
  ['vm_area_struct', 'vm_file', '112+8', '128+8'],
  ['task_struct', 'tgid', '2420+4', '2436+4'],
  ['task_struct', 'comm', '2976+16', '2976+16'],
  ['task_struct', 'pagefault_disabled', '5144+4', '5148+4'],
  ['task_struct', 'journal_info', '3296+8', '3296+8'],
])('%s.%s moves from %s in 6.1 to %s in 6.12', (struct, field, in61, in612) => {
  expect([place('debian-6.1', struct, field), place('debian-6.12', struct, field)]).toEqual([in61, in612]);
});

test('an enumerator that was renumbered has the value of its own kernel', () => {
  const value = (name: FixtureName) => enumValue(fixture(name), 'ITER_IOVEC');
  expect([value('debian-6.1'), value('debian-6.12')]).toEqual([
    { kind: 'found', value: 0n },
    { kind: 'found', value: 1n },
  ]);
});
