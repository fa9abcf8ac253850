// This machine's kernel, read by us and by bpftool: every member of every struct, every enumerator, every function.

import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Btf } from '../../../../agent/host/btf/btf.ts';
import { enumValue } from '../../../../agent/host/btf/enum-value.ts';
import { fieldOffset } from '../../../../agent/host/btf/field-offset.ts';
import { functionPrototype } from '../../../../agent/host/btf/function-prototype.ts';
import { layoutOfType, structLayout } from '../../../../agent/host/btf/struct-layout.ts';
import { type BpftoolType, btfFiles, readWithBpftool, whyNoComparison } from './bpftool.ts';
import { parsed } from './parsed.ts';

const why = whyNoComparison();
const known = [
  'task_struct',
  'vm_fault',
  'kiocb',
  'iov_iter',
  'file',
  'inode',
  'vm_area_struct',
  'super_block',
  'sk_buff',
];

describe.skipIf(why !== undefined).each(btfFiles())(`$name${why ? ` (skipped: ${why})` : ''}`, ({ file, base }) => {
  let types: BpftoolType[] = [];
  let byId = new Map<number, BpftoolType>();
  let btf: Btf;

  beforeAll(() => {
    types = readWithBpftool(file, base);
    const below = base === undefined ? [] : readWithBpftool(base);
    byId = new Map([...below, ...types].map((type) => [type.id, type]));
    btf = parsed(readFileSync(file), base === undefined ? undefined : parsed(readFileSync(base)));
  }, 60_000);

  test('has as many types', () => {
    expect(btf.endId - btf.firstId).toBe(types.length);
    expect(types.length).toBeGreaterThan(500);
  });

  test('has every member of every struct and union at the same bits', { timeout: 60_000 }, () => {
    const structs = types.filter(isStruct);
    expect(structs.length).toBeGreaterThan(20);
    const differences = structs.map(({ id, name }) => ({ id, name, ours: ourFields(id), theirs: theirFields(id) }));
    expect(differences.filter(({ ours, theirs }) => ours !== theirs)).toEqual([]);
  });

  test.each(known)('finds every field of struct %s by its name', (name) => {
    const structs = [...byId.values()].filter((type) => isStruct(type) && type.name === name);
    expect(structs.length).toBeGreaterThan(0);
    const fields = structLayout(btf, name);
    expect(fields).toMatchObject({ kind: 'found', sizeBytes: structs.at(0)?.size });
    for (const field of fields.kind === 'found' ? fields.fields : []) {
      const { name: fieldName, ...place } = field;
      expect(fieldOffset(btf, name, fieldName)).toEqual({ kind: 'found', ...place });
    }
  });

  test('has bitfields to find in sk_buff', () => {
    const layout = structLayout(btf, 'sk_buff');
    const bitfields = layout.kind === 'found' ? layout.fields.filter((field) => field.bitfield !== undefined) : [];
    expect(bitfields.length).toBeGreaterThan(20);
  });

  test('has the value of every enumerator whose name is used once', { timeout: 60_000 }, () => {
    const values = types.flatMap((type) => type.values ?? []);
    const unique = namedOnce(values);
    expect(unique.length).toBeGreaterThan(20);
    const different = unique.filter(({ name, val }) => {
      const answer = enumValue(btf, name);
      return answer.kind !== 'found' || !(Number(answer.value) === val || signExtended(answer.value) === val);
    });
    expect(different).toEqual([]);
  });

  test('has the parameters of every function whose name is used once', { timeout: 60_000 }, () => {
    const functions = types.filter(({ kind }) => kind === 'FUNC');
    const unique = namedOnce(functions);
    expect(unique.length).toBeGreaterThan(20);
    const different = unique.filter(({ name, type_id }) => {
      const ours = functionPrototype(btf, name);
      const theirs = byId.get(type_id ?? 0)?.params?.map((param) => param.name.replace('(anon)', ''));
      return ours.kind !== 'found' || ours.params.map((param) => param.name).join() !== theirs?.join();
    });
    expect(different).toEqual([]);
  });

  function ourFields(id: number): string {
    const layout = layoutOfType(btf, id);
    if (layout.kind !== 'found') return layout.why;
    const lines = layout.fields.map(({ name, offsetBytes, sizeBytes, bitfield }) => {
      const bits = bitfield ?? { offsetBits: 0, sizeBits: sizeBytes * 8 };
      return `${name} ${offsetBytes * 8 + bits.offsetBits} ${bits.sizeBits}`;
    });
    return [layout.sizeBytes, ...lines].join('\n');
  }

  function theirFields(id: number): string {
    return [byId.get(id)?.size, ...membersOf(id, 0)].join('\n');
  }

  function membersOf(id: number, startBit: number): string[] {
    return (byId.get(id)?.members ?? []).flatMap(({ name, type_id, bits_offset, bitfield_size }) => {
      const at = startBit + bits_offset;
      const lengthBits = bitfield_size || sizeBytesOf(type_id) * 8;
      return name === '(anon)' ? membersOf(plainId(type_id), at) : [`${name} ${at} ${lengthBits}`];
    });
  }

  function sizeBytesOf(id: number): number {
    const type = byId.get(plainId(id));
    if (type?.kind === 'PTR') return 8;
    if (type?.kind === 'ARRAY') return sizeBytesOf(type.type_id ?? 0) * (type.nr_elems ?? 0);
    return type?.size ?? Number.NaN;
  }

  function plainId(id: number): number {
    const type = byId.get(id);
    return /^(TYPEDEF|CONST|VOLATILE|RESTRICT|TYPE_TAG)$/.test(type?.kind ?? '') ? plainId(type?.type_id ?? 0) : id;
  }
});

function isStruct({ kind }: BpftoolType): boolean {
  return kind === 'STRUCT' || kind === 'UNION';
}

function namedOnce<Named extends { name: string }>(list: readonly Named[]): Named[] {
  const uses = new Map<string, number>();
  for (const { name } of list) uses.set(name, (uses.get(name) ?? 0) + 1);
  return list.filter(({ name }) => uses.get(name) === 1);
}

// bpftool 7.1 prints an unsigned enumerator above 2^31 as one near 2^64: BLK_MQ_NO_TAG, 4294967295 in the source,
// as 18446744073709551615.
function signExtended(value: bigint): number {
  return Number(BigInt.asUintN(64, BigInt.asIntN(32, value)));
}
