import { expect, test } from 'vitest';
import { typeText } from '../../../../agent/host/btf/type-text.ts';
import type { TypeSpec } from './encode-btf.ts';
import { encoded } from './parsed.ts';

const int: TypeSpec = { kind: 'int', name: 'int', bytes: 4 };

/** The text of the last of some types. */
function textOf(...types: TypeSpec[]): string {
  return typeText(encoded(...types), types.length);
}

test('pointers, arrays, functions and qualifiers stand where C has them', () => {
  const taking: TypeSpec = { kind: 'funcProto', returns: 1, params: [{ name: 'x', type: 2 }] };
  expect(textOf(int, { kind: 'ptr', type: 1 }, { kind: 'ptr', type: 2 })).toBe('int **');
  expect(textOf(int, { kind: 'ptr', type: 1 }, { kind: 'const', type: 2 })).toBe('int *const');
  expect(textOf(int, { kind: 'const', type: 1 }, { kind: 'ptr', type: 2 })).toBe('const int *');
  expect(textOf(int, { kind: 'array', type: 1, index: 1, count: 4 }, { kind: 'ptr', type: 2 })).toBe('int (*)[4]');
  expect(textOf(int, { kind: 'ptr', type: 1 }, { kind: 'array', type: 2, index: 1, count: 4 })).toBe('int *[4]');
  expect(textOf(int, { kind: 'ptr', type: 0 }, taking, { kind: 'ptr', type: 3 })).toBe('int (*)(void *)');
  expect(textOf(int, { kind: 'funcProto', returns: 0, params: [] }, { kind: 'ptr', type: 2 })).toBe('void (*)(void)');
});

test('two dimensions keep their order', () => {
  const row: TypeSpec = { kind: 'array', type: 1, index: 1, count: 3 };
  expect(textOf(int, row, { kind: 'array', type: 2, index: 1, count: 2 })).toBe('int[2][3]');
});

test('structs without a name say so, unions and enums say what they are', () => {
  expect(textOf({ kind: 'struct', name: '', bytes: 0, members: [] })).toBe('struct {...}');
  expect(textOf({ kind: 'fwd', name: 'u', flag: true })).toBe('union u');
  expect(textOf({ kind: 'enum64', name: 'e', bytes: 8, values: [] })).toBe('enum e');
});

test('text of a pointer to itself ends', () => {
  expect(textOf({ kind: 'ptr', type: 1 })).toMatch(/^… \*{60}$/);
});

test('text of functions that take functions without end ends', () => {
  const types: TypeSpec[] = [];
  for (let id = 1; id < 100; id += 2) {
    const param = { name: '', type: id + 1 };
    types.push({ kind: 'funcProto', returns: 0, params: [param, param] }, { kind: 'ptr', type: (id + 2) % 100 });
  }
  expect(typeText(encoded(...types), 2).length).toBeLessThan(2_000);
});
