// Reads a BTF blob's header into the places of its sections, all of them inside the blob.

import type { BtfError } from './btf.ts';

/** A section's first byte and the byte after its last. */
export interface Section {
  readonly startAt: number;
  readonly endAt: number;
}

/** Where the sections are. `layout`, since 7.1, tells the record sizes of kinds that a reader may not know yet. */
export interface BtfSections {
  readonly kind: 'sections';
  readonly types: Section;
  readonly strings: Section;
  readonly layout: Section | undefined;
}

const MAGIC = 0xeb9f;
const LEAST_HEADER_BYTES = 24;
const HEADER_WITH_LAYOUT_BYTES = 32;

/** In: the whole blob, and whether it continues a base. Out: its sections, or what is wrong with its header. */
export function readHeader(bytes: Uint8Array, isSplit: boolean): BtfSections | BtfError {
  if (bytes.length < LEAST_HEADER_BYTES) {
    return failure(bytes.length, `a BTF header has ${LEAST_HEADER_BYTES} bytes, here are only ${bytes.length}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wrongStart = checkStart(view);
  if (wrongStart !== undefined) return wrongStart;

  const headerBytes = view.getUint32(4, true);
  const section = (at: number): Section => {
    const startAt = headerBytes + view.getUint32(at, true);
    return { startAt, endAt: startAt + view.getUint32(at + 4, true) };
  };
  const types = section(8);
  const strings = section(16);
  const layout = headerBytes >= HEADER_WITH_LAYOUT_BYTES ? section(24) : undefined;
  return (
    checkInside('type section', types, bytes) ??
    checkInside('string section', strings, bytes) ??
    (layout && checkInside('layout section', layout, bytes)) ??
    checkStrings(strings, types, bytes, isSplit) ?? { kind: 'sections', types, strings, layout }
  );
}

function checkStart(view: DataView): BtfError | undefined {
  if (view.getUint16(0, true) !== MAGIC) {
    return view.getUint16(0, false) === MAGIC
      ? failure(0, 'this BTF is of a big-endian machine; only little-endian BTF can be read')
      : failure(0, `no BTF: it begins with 0x${view.getUint16(0, true).toString(16)}, not 0xeb9f`);
  }
  if (view.getUint8(2) !== 1) return failure(2, `BTF version ${view.getUint8(2)} is unknown; 1 is the only one known`);
  if (view.getUint8(3) !== 0) return failure(3, `BTF flags 0x${view.getUint8(3).toString(16)} are unknown`);
  const headerBytes = view.getUint32(4, true);
  if (headerBytes < LEAST_HEADER_BYTES || headerBytes > view.byteLength) {
    return failure(4, `the header claims ${headerBytes} bytes; the blob has ${view.byteLength}`);
  }
  return undefined;
}

function checkInside(name: string, section: Section, bytes: Uint8Array): BtfError | undefined {
  if (section.endAt <= bytes.length) return undefined;
  return failure(bytes.length, `the ${name} should end at byte ${section.endAt}: the blob was cut short`);
}

function checkStrings(strings: Section, types: Section, bytes: Uint8Array, isSplit: boolean): BtfError | undefined {
  if (strings.startAt < types.endAt && types.startAt < strings.endAt) {
    return failure(strings.startAt, 'the string section overlaps the type section');
  }
  if (strings.startAt === strings.endAt) {
    return isSplit ? undefined : failure(strings.startAt, 'the string section is empty');
  }
  if (!isSplit && bytes[strings.startAt] !== 0) {
    return failure(
      strings.startAt,
      'the first string is not the empty one; if this is the BTF of a module, parse the one of vmlinux first',
    );
  }
  return bytes[strings.endAt - 1] === 0 ? undefined : failure(strings.endAt - 1, 'the last string has no end');
}

function failure(atByte: number, why: string): BtfError {
  return { kind: 'btf-error', atByte, why };
}
