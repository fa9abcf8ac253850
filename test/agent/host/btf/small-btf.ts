// A small made-up kernel and module: one of every kind of type, and the shapes that trip readers of BTF.

import { encodeBtf, type TypeSpec } from './encode-btf.ts';

/** Ids 1 to 30, in this order. */
export const kernelTypes: readonly TypeSpec[] = [
  { kind: 'int', name: 'long unsigned int', bytes: 8 }, // 1
  { kind: 'int', name: 'int', bytes: 4, encoding: 1 }, // 2
  { kind: 'ptr', type: 4 }, // 3
  {
    kind: 'struct', // 4: vm_fault as 6.1 has it, the first fields in a const anonymous struct
    name: 'vm_fault',
    bytes: 48,
    members: [
      { name: '', type: 6, bit: 0 },
      { name: 'flags', type: 2, bit: 320 },
    ],
  },
  {
    kind: 'struct', // 5
    name: '',
    bytes: 40,
    members: [
      { name: 'vma', type: 3, bit: 0 },
      { name: 'gfp_mask', type: 2, bit: 64 },
      { name: '', type: 7, bit: 128 },
    ],
  },
  { kind: 'const', type: 5 }, // 6
  {
    kind: 'union', // 7
    name: '',
    bytes: 8,
    members: [
      { name: 'pgoff', type: 1, bit: 0 },
      { name: 'index', type: 2, bit: 0 },
    ],
  },
  { kind: 'typedef', name: 'u64', type: 1 }, // 8
  { kind: 'array', type: 10, index: 1, count: 3 }, // 9
  { kind: 'volatile', type: 2 }, // 10
  { kind: 'fwd', name: 'gfs2_glock' }, // 11
  {
    kind: 'enum',
    name: 'mode',
    bytes: 4,
    values: [
      { name: 'UN', value: 0n },
      { name: 'TOP', value: 0xffffffffn },
    ],
  }, // 12
  { kind: 'enum', name: 'sign', bytes: 4, flag: true, values: [{ name: 'MINUS', value: -5n }] }, // 13
  { kind: 'enum64', name: 'wide', bytes: 8, values: [{ name: 'WIDE', value: 0xffffffff00000000n }] }, // 14
  { kind: 'enum64', name: '', bytes: 8, flag: true, values: [{ name: 'DEEP', value: -(1n << 40n) }] }, // 15
  { kind: 'int', name: 'char', bytes: 1, encoding: 1 }, // 16
  { kind: 'const', type: 16 }, // 17
  { kind: 'ptr', type: 17 }, // 18
  {
    kind: 'funcProto',
    returns: 2,
    params: [
      { name: 'fmt', type: 18 },
      { name: '', type: 0 },
    ],
  }, // 19
  { kind: 'func', name: '_printk', type: 19, linkage: 1 }, // 20
  { kind: 'ptr', type: 19 }, // 21
  { kind: 'restrict', type: 18 }, // 22
  { kind: 'typeTag', name: 'user', type: 16 }, // 23
  { kind: 'ptr', type: 23 }, // 24
  {
    kind: 'funcProto',
    returns: 0,
    params: [
      { name: 'to', type: 22 },
      { name: 'from', type: 24 },
      { name: 'done', type: 21 },
    ],
  }, // 25
  { kind: 'func', name: 'copy', type: 25, linkage: 1 }, // 26
  { kind: 'var', name: 'jiffies', type: 1 }, // 27
  { kind: 'datasec', name: '.data', bytes: 8, vars: [{ type: 27, at: 0, bytes: 8 }] }, // 28
  { kind: 'float', name: 'double', bytes: 8 }, // 29
  { kind: 'declTag', name: 'bpf_kfunc', type: 26, component: -1 }, // 30
];

/** The module's ids go on at 31. */
export const moduleTypes: readonly TypeSpec[] = [
  {
    kind: 'struct', // 31
    name: 'gfs2_glock',
    bytes: 56,
    flag: true,
    members: [
      { name: 'gl_name', type: 32, bit: 0 },
      { name: 'gl_state', type: 2, bit: 192, bits: 2 },
      { name: 'gl_target', type: 2, bit: 194, bits: 2 },
      { name: 'gl_wide', type: 1, bit: 199, bits: 20 },
      { name: 'gl_stats', type: 9, bit: 224 },
      { name: 'gl_lvb', type: 18, bit: 384 },
    ],
  },
  {
    kind: 'struct', // 32
    name: 'lm_lockname',
    bytes: 24,
    members: [
      { name: 'ln_number', type: 8, bit: 0 },
      { name: 'ln_sbd', type: 33, bit: 64 },
      { name: 'ln_type', type: 12, bit: 128 },
    ],
  },
  { kind: 'ptr', type: 34 }, // 33
  { kind: 'fwd', name: 'gfs2_sbd' }, // 34
  { kind: 'funcProto', returns: 2, params: [{ name: 'gl', type: 36 }] }, // 35
  { kind: 'ptr', type: 31 }, // 36
  { kind: 'func', name: 'gfs2_glock_get', type: 35 }, // 37
  { kind: 'typedef', name: 'lockname_t', type: 32 }, // 38
];

export const kernelBtf = encodeBtf(kernelTypes);
export const moduleBtf = encodeBtf(moduleTypes, kernelBtf.endString);
