// Proves that no type contains itself by value, so that sizes and nested fields can be followed without a guard.

import type { Btf, BtfError } from './btf.ts';
import { BtfKind, RECORD_HEAD_BYTES, readInfo } from './kinds.ts';

/** A Btf whose nesting is not yet known. */
export type UnprovenBtf = Omit<Btf, 'kind' | 'depths'>;

/** By-value nesting depth of each own type. */
export interface Nesting {
  readonly kind: 'nesting';
  readonly depths: Uint8Array;
}

/** Structs, arrays, typedefs and qualifiers each count one. 6.18's deepest nests 32; hostile BTF could nest 100,000. */
const MOST_DEPTH = 100;
const UNSEEN = 255;
const OPEN = 254;

/** Out: each own type's depth, or the first type that contains itself or nests too deep. Takes time linear in the blob. */
export function nestingDepths(btf: UnprovenBtf): Nesting | BtfError {
  const depths = new Uint8Array(btf.typesAt.length).fill(UNSEEN);
  // A depth-first walk with its own stack: pairs of a type's index and how many of its parts have been visited.
  const stack: { index: number; visited: number; depth: number }[] = [];
  for (let root = 0; root < depths.length; root += 1) {
    if (depths[root] !== UNSEEN) continue;
    depths[root] = OPEN;
    stack.push({ index: root, visited: 0, depth: 0 });
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const at = btf.typesAt[top.index] ?? 0;
      if (stack.length > MOST_DEPTH || top.depth > MOST_DEPTH) {
        return failure(at, `type ${btf.firstId + top.index} nests others more than ${MOST_DEPTH} deep`);
      }
      if (top.visited === partCount(btf.bytes, at)) {
        depths[top.index] = top.depth;
        stack.pop();
        continue;
      }
      const part = partId(btf.bytes, at, top.visited);
      const depth = depthOf(btf, depths, part);
      if (depth === OPEN) return failure(at, `type ${part} contains itself`);
      if (depth === UNSEEN) {
        depths[part - btf.firstId] = OPEN;
        stack.push({ index: part - btf.firstId, visited: 0, depth: 0 });
      } else {
        top.visited += 1;
        top.depth = Math.max(top.depth, depth + 1);
      }
    }
  }
  return { kind: 'nesting', depths };
}

function partCount(bytes: Buffer, at: number): number {
  const { kind, vlen } = readInfo(bytes.readUInt32LE(at + 4));
  switch (kind) {
    case BtfKind.struct:
    case BtfKind.union:
      return vlen;
    case BtfKind.array:
    case BtfKind.typedef:
    case BtfKind.volatile:
    case BtfKind.const:
    case BtfKind.restrict:
    case BtfKind.typeTag:
      return 1;
    default:
      return 0;
  }
}

function partId(bytes: Buffer, at: number, part: number): number {
  const { kind } = readInfo(bytes.readUInt32LE(at + 4));
  const bodyAt = at + RECORD_HEAD_BYTES;
  if (kind === BtfKind.struct || kind === BtfKind.union) return bytes.readUInt32LE(bodyAt + part * 12 + 4);
  return bytes.readUInt32LE(kind === BtfKind.array ? bodyAt : at + 8);
}

function depthOf(btf: UnprovenBtf, own: Uint8Array, id: number): number {
  if (id >= btf.firstId) return own[id - btf.firstId] ?? 0;
  let owner = btf.base;
  while (owner !== undefined && id < owner.firstId) owner = owner.base;
  return owner?.depths[id - owner.firstId] ?? 0;
}

function failure(atByte: number, why: string): BtfError {
  return { kind: 'btf-error', atByte, why };
}
