// Cuts a kernel's BTF down to some structs, functions and enums and what they are made of; what they only point to
// becomes a forward declaration. In: types as bpftool prints them. Out: types to encode, with ids of their own.

import type { BpftoolType } from './bpftool.ts';
import type { TypeSpec } from './encode-btf.ts';

/** What to keep, by name. */
export interface Cut {
  readonly structs: readonly string[];
  readonly functions: readonly string[];
  /** Enums that have one of these enumerators are kept whole. */
  readonly enumerators: readonly string[];
}

/** The types of a base and of a module on top of it, in one numbering from 1. */
export interface CutTypes {
  readonly base: TypeSpec[];
  readonly module: TypeSpec[];
}

/** In: all types of base and module. Types that the base has go to the base's list, the others to the module's. */
export function cutBtf(types: readonly BpftoolType[], moduleFromId: number, cut: Cut): CutTypes {
  const byId = new Map(types.map((type) => [type.id, type]));
  const whole = wholeIds(
    byId,
    types.filter((type) => isWanted(type, cut)).map(({ id }) => id),
  );
  const kept = keptIds(byId, whole);
  const sorted = [...kept].sort((one, other) => one - other);
  const newIds = new Map(sorted.map((id, index) => [id, index + 1]));
  const toSpec = (id: number) => specOf(typeOf(byId, id), whole.has(id), (old) => newIds.get(old) ?? 0);
  return {
    base: sorted.filter((id) => id < moduleFromId).map(toSpec),
    module: sorted.filter((id) => id >= moduleFromId).map(toSpec),
  };
}

function isWanted({ kind, name, values }: BpftoolType, { structs, functions, enumerators }: Cut): boolean {
  if (kind === 'STRUCT') return structs.includes(name);
  if (kind === 'FUNC') return functions.includes(name);
  return values?.some((value) => enumerators.includes(value.name)) ?? false;
}

// The wanted types and all that lies in them by value; these keep their members.
function wholeIds(byId: ReadonlyMap<number, BpftoolType>, wanted: readonly number[]): Set<number> {
  const whole = new Set<number>();
  const visit = (id: number): void => {
    if (id === 0 || whole.has(id)) return;
    whole.add(id);
    const type = typeOf(byId, id);
    for (const member of type.members ?? []) visit(member.type_id);
    if (isTransparent(type) || type.kind === 'FUNC' || type.kind === 'ARRAY') visit(type.type_id ?? 0);
  };
  for (const id of wanted) visit(id);
  return whole;
}

// Those, and every other type that they name: behind a pointer a struct stays a name.
function keptIds(byId: ReadonlyMap<number, BpftoolType>, whole: ReadonlySet<number>): Set<number> {
  const kept = new Set<number>();
  const visit = (id: number): void => {
    if (id === 0 || kept.has(id)) return;
    kept.add(id);
    const type = typeOf(byId, id);
    const parts = isStruct(type) && !whole.has(id) ? [] : (type.members ?? []).map((member) => member.type_id);
    const params = (type.params ?? []).map((param) => param.type_id);
    for (const part of [...parts, ...params, type.type_id ?? 0, type.ret_type_id ?? 0]) visit(part);
  };
  for (const id of whole) visit(id);
  return kept;
}

function specOf(type: BpftoolType, isWhole: boolean, newId: (id: number) => number): TypeSpec {
  const name = plain(type.name);
  const target = newId(type.type_id ?? 0);
  const bytes = type.size ?? 0;
  switch (type.kind) {
    case 'INT': {
      const encoding = { SIGNED: 1, CHAR: 2, BOOL: 4 }[type.encoding ?? ''] ?? 0;
      return { kind: 'int', name, bytes, bits: type.nr_bits ?? 0, bitOffset: type.bits_offset ?? 0, encoding };
    }
    case 'PTR':
      return { kind: 'ptr', type: target };
    case 'CONST':
      return { kind: 'const', type: target };
    case 'VOLATILE':
      return { kind: 'volatile', type: target };
    case 'RESTRICT':
      return { kind: 'restrict', type: target };
    case 'TYPEDEF':
      return { kind: 'typedef', name, type: target };
    case 'TYPE_TAG':
      return { kind: 'typeTag', name, type: target };
    case 'FUNC':
      return { kind: 'func', name, type: target, linkage: type.linkage === 'global' ? 1 : 0 };
    case 'ARRAY':
      return { kind: 'array', type: target, index: target, count: type.nr_elems ?? 0 };
    case 'FWD':
      return { kind: 'fwd', name, flag: type.fwd_kind === 'union' };
    case 'ENUM':
    case 'ENUM64': {
      const values = (type.values ?? []).map(({ name, val }) => ({ name, value: exact(val) }));
      return { kind: type.kind === 'ENUM' ? 'enum' : 'enum64', name, bytes, flag: type.encoding === 'SIGNED', values };
    }
    case 'FUNC_PROTO': {
      const params = (type.params ?? []).map((param) => ({ name: plain(param.name), type: newId(param.type_id) }));
      return { kind: 'funcProto', returns: newId(type.ret_type_id ?? 0), params };
    }
    case 'STRUCT':
    case 'UNION': {
      if (!isWhole) return { kind: 'fwd', name, flag: type.kind === 'UNION' };
      const members = (type.members ?? []).map((member) => ({
        name: plain(member.name),
        type: newId(member.type_id),
        bit: member.bits_offset,
        bits: member.bitfield_size ?? 0,
      }));
      const flag = members.some(({ bits }) => bits !== 0);
      return { kind: type.kind === 'STRUCT' ? 'struct' : 'union', name, bytes, flag, members };
    }
    default:
      throw new Error(`type ${type.id} is of kind ${type.kind}, which cannot be cut out`);
  }
}

// JSON.parse rounds what is above 2^53; such an enum cannot be kept.
function exact(value: number): bigint {
  if (!Number.isSafeInteger(value)) throw new Error(`${value} is not exact`);
  return BigInt(value);
}

function typeOf(byId: ReadonlyMap<number, BpftoolType>, id: number): BpftoolType {
  const type = byId.get(id);
  if (type === undefined) throw new Error(`there is no type ${id}`);
  return type;
}

function isStruct({ kind }: BpftoolType): boolean {
  return kind === 'STRUCT' || kind === 'UNION';
}

function isTransparent({ kind }: BpftoolType): boolean {
  return ['TYPEDEF', 'CONST', 'VOLATILE', 'RESTRICT', 'TYPE_TAG'].includes(kind);
}

function plain(name: string): string {
  return name === '(anon)' ? '' : name;
}
