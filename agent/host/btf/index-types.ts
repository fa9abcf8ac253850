// Walks the type section once: where each record begins, and that every name and type id in it exists.

import type { Btf, BtfError } from './btf.ts';
import type { BtfSections } from './header.ts';
import { RECORD_HEAD_BYTES, type RecordShape, readInfo, recordShape } from './kinds.ts';

/** What is known of a blob before its types are indexed. */
export type BtfShell = Pick<Btf, 'base' | 'firstId' | 'firstString' | 'endString' | 'bytes' | 'stringsAt'>;

/** The byte of each own type's record, in the order of their ids. */
export interface TypeIndex {
  readonly kind: 'type-index';
  readonly typesAt: Uint32Array;
}

/** In: the blob and its sections. Out: the index, or the first record that is not sound. */
export function indexTypes(shell: BtfShell, sections: BtfSections): TypeIndex | BtfError {
  const { startAt, endAt } = sections.types;
  const typesAt = new Uint32Array(Math.floor((endAt - startAt) / RECORD_HEAD_BYTES));
  const seen: Seen = { highestId: 0, highestIdAt: 0, badNameAt: undefined };
  let count = 0;
  for (let at = startAt; at < endAt; count += 1) {
    const name = `type ${shell.firstId + count}`;
    if (at + RECORD_HEAD_BYTES > endAt) return failure(at, `${name} is cut short by the end of the type section`);
    const { kind, vlen } = readInfo(shell.bytes.readUInt32LE(at + 4));
    const shape = recordShape(kind) ?? shapeFromLayout(shell.bytes, sections, kind);
    if (shape === undefined) {
      return failure(at + 4, `${name} is of kind ${kind}, which this version of glockscope does not know`);
    }
    const nextAt = at + RECORD_HEAD_BYTES + shape.fixedBytes + vlen * shape.elementBytes;
    if (nextAt > endAt) return failure(at, `${name}, of kind ${kind}, runs past the end of the type section`);
    see(shell, at, shape, seen);
    if (seen.badNameAt !== undefined) return badName(shell, seen.badNameAt, name);
    typesAt[count] = at;
    at = nextAt;
  }
  if (seen.highestId >= shell.firstId + count) return badType(shell, seen, count);
  return { kind: 'type-index', typesAt: typesAt.slice(0, count) };
}

/** What the walk keeps: forward references are fine, so ids are judged when the number of types is known. */
interface Seen {
  highestId: number;
  highestIdAt: number;
  badNameAt: number | undefined;
}

function see(shell: BtfShell, at: number, shape: RecordShape, seen: Seen): void {
  const { bytes } = shell;
  const bodyAt = at + RECORD_HEAD_BYTES;
  seeName(shell, at, seen);
  if (shape.refers) seeType(bytes, at + 8, seen);
  for (const typeAt of shape.fixedTypesAt) seeType(bytes, bodyAt + typeAt, seen);
  if (shape.elementNameAt === undefined && shape.elementTypeAt === undefined) return;
  const endAt = bodyAt + readInfo(bytes.readUInt32LE(at + 4)).vlen * shape.elementBytes;
  for (let element = bodyAt; element < endAt; element += shape.elementBytes) {
    if (shape.elementNameAt !== undefined) seeName(shell, element + shape.elementNameAt, seen);
    if (shape.elementTypeAt !== undefined) seeType(bytes, element + shape.elementTypeAt, seen);
  }
}

function seeName(shell: BtfShell, at: number, seen: Seen): void {
  if (shell.bytes.readUInt32LE(at) >= shell.endString) seen.badNameAt ??= at;
}

function seeType(bytes: Buffer, at: number, seen: Seen): void {
  const id = bytes.readUInt32LE(at);
  if (id <= seen.highestId) return;
  seen.highestId = id;
  seen.highestIdAt = at;
}

// `struct btf_layout` is u8 info_sz, u8 elem_sz, u16 flags, one per kind from 0 on.
function shapeFromLayout(bytes: Buffer, { layout }: BtfSections, kind: number): RecordShape | undefined {
  if (layout === undefined || kind === 0 || layout.startAt + kind * 4 + 4 > layout.endAt) return undefined;
  const at = layout.startAt + kind * 4;
  return { refers: false, fixedBytes: bytes.readUInt8(at), fixedTypesAt: [], elementBytes: bytes.readUInt8(at + 1) };
}

function badName(shell: BtfShell, at: number, name: string): BtfError {
  const offset = shell.bytes.readUInt32LE(at);
  return failure(at, `${name} has a name at string ${offset}; the strings end at ${shell.endString}${hint(shell)}`);
}

function badType(shell: BtfShell, seen: Seen, count: number): BtfError {
  const last = shell.firstId + count - 1;
  return failure(seen.highestIdAt, `type ${seen.highestId} does not exist; the last type is ${last}${hint(shell)}`);
}

function hint(shell: BtfShell): string {
  return shell.base === undefined ? '. If this is the BTF of a module, parse the one of vmlinux first' : '';
}

function failure(atByte: number, why: string): BtfError {
  return { kind: 'btf-error', atByte, why };
}
