import { expect, test } from 'vitest';
import { functionPrototype } from '../../../../agent/host/btf/function-prototype.ts';
import type { TypeSpec } from './encode-btf.ts';
import { encoded, parsed } from './parsed.ts';
import { kernelBtf, moduleBtf } from './small-btf.ts';

const kernel = parsed(kernelBtf.bytes);
const gfs2 = parsed(moduleBtf.bytes, kernel);
const int: TypeSpec = { kind: 'int', name: 'int', bytes: 4 };

test('a prototype gives names, types, a variable rest and what is returned', () => {
  expect(functionPrototype(gfs2, 'gfs2_glock_get')).toEqual({
    kind: 'found',
    params: [{ name: 'gl', type: 'struct gfs2_glock *' }],
    returns: 'int',
  });
  expect(functionPrototype(gfs2, '_printk')).toEqual({
    kind: 'found',
    params: [
      { name: 'fmt', type: 'const char *' },
      { name: '', type: '...' },
    ],
    returns: 'int',
  });
});

test('restrict stands behind its star, type tags are left out, callbacks are spelled out', () => {
  expect(functionPrototype(kernel, 'copy')).toEqual({
    kind: 'found',
    params: [
      { name: 'to', type: 'const char *restrict' },
      { name: 'from', type: 'char *' },
      { name: 'done', type: 'int (*)(const char *, ...)' },
    ],
    returns: 'void',
  });
});

test('a function that is not there is missing; two of one name must be alike', () => {
  const proto = (name: string): TypeSpec => ({ kind: 'funcProto', returns: 1, params: [{ name, type: 1 }] });
  const func = (type: number): TypeSpec => ({ kind: 'func', name: 'show', type });
  expect(functionPrototype(kernel, 'gfs2_fault')).toEqual({ kind: 'missing', why: 'BTF has no function gfs2_fault' });
  expect(functionPrototype(encoded(int, proto('a'), proto('b'), func(2), func(3)), 'show').kind).toBe('ambiguous');
  expect(functionPrototype(encoded(int, proto('a'), proto('a'), func(2), func(3)), 'show').kind).toBe('found');
});

test('a function without a prototype is malformed', () => {
  expect(functionPrototype(encoded(int, { kind: 'func', name: 'f', type: 1 }), 'f').kind).toBe('missing');
});
