// Turns the bytes of /sys/kernel/btf/vmlinux, or of a module's file beside it, into an indexed Btf.

import type { Btf, BtfError } from './btf.ts';
import { nestingDepths } from './containment.ts';
import { readHeader } from './header.ts';
import { indexTypes } from './index-types.ts';

/**
 * Checks and indexes a BTF blob; never throws.
 * In: the blob's bytes (kept, not copied: do not change them), and for a module's blob the vmlinux Btf of the same
 * kernel, whose type ids and string offsets it continues. A base of another kernel cannot be told apart here.
 * Out: the index, or the first thing that is wrong and its byte.
 */
export function parseBtf(bytes: Uint8Array, base?: Btf): Btf | BtfError {
  const header = readHeader(bytes, base !== undefined);
  if (header.kind === 'btf-error') return header;
  const firstString = base?.endString ?? 0;
  const shell = {
    base,
    firstId: base?.endId ?? 1,
    firstString,
    endString: firstString + header.strings.endAt - header.strings.startAt,
    bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    stringsAt: header.strings.startAt,
  };
  const index = indexTypes(shell, header);
  if (index.kind === 'btf-error') return index;
  const indexed = { ...shell, endId: shell.firstId + index.typesAt.length, typesAt: index.typesAt };
  const nesting = nestingDepths(indexed);
  return nesting.kind === 'btf-error' ? nesting : { kind: 'btf', ...indexed, depths: nesting.depths };
}
