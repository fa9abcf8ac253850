// Writes BTF blobs out of plain descriptions of types: the opposite of what is tested, kept as simple as it can be.

export interface MemberSpec {
  readonly name: string;
  readonly type: number;
  readonly bit: number;
  /** Set for a bitfield, in a struct with `flag`. */
  readonly bits?: number;
}

/** One type; ids count from 1 (or from the end of the base) in the order of the list, 0 is void. */
export type TypeSpec =
  | { kind: 'int'; name: string; bytes: number; bits?: number; bitOffset?: number; encoding?: number }
  | { kind: 'ptr' | 'volatile' | 'const' | 'restrict'; type: number }
  | { kind: 'typedef' | 'typeTag' | 'var'; name: string; type: number }
  | { kind: 'func'; name: string; type: number; linkage?: number }
  | { kind: 'array'; type: number; index: number; count: number }
  | { kind: 'struct' | 'union'; name: string; bytes: number; flag?: boolean; members: readonly MemberSpec[] }
  | { kind: 'enum' | 'enum64'; name: string; bytes: number; flag?: boolean; values: readonly EnumeratorSpec[] }
  | { kind: 'fwd'; name: string; flag?: boolean }
  | { kind: 'funcProto'; returns: number; params: readonly { name: string; type: number }[] }
  | { kind: 'datasec'; name: string; bytes: number; vars: readonly { type: number; at: number; bytes: number }[] }
  | { kind: 'float'; name: string; bytes: number }
  | { kind: 'declTag'; name: string; type: number; component: number }
  | { kind: 'unknown'; number: number; words: readonly number[]; vlen: number };

export interface EnumeratorSpec {
  readonly name: string;
  readonly value: bigint;
}

/** A blob and what a split blob on top of it must know. */
export interface EncodedBtf {
  readonly bytes: Uint8Array;
  readonly typeBytes: number;
  readonly endString: number;
}

/** `firstString` is the base's `endString`; type ids in `types` already count on from the base's. */
export function encodeBtf(types: readonly TypeSpec[], firstString = 0, layout?: readonly number[]): EncodedBtf {
  const names = new Map<string, number>([['', 0]]);
  const strings: number[] = firstString === 0 ? [0] : [];
  const nameAt = (name: string): number => {
    const known = names.get(name);
    if (known !== undefined) return known;
    const at = firstString + strings.length;
    names.set(name, at);
    strings.push(...new TextEncoder().encode(name), 0);
    return at;
  };
  const words = types.flatMap((type) => recordWords(type, nameAt));
  const typeBytes = words.length * 4;
  const layoutBytes = layout?.length ?? 0;
  const header = [0x0001eb9f, layout ? 32 : 24, 0, typeBytes, typeBytes + layoutBytes, strings.length];
  if (layout) header.push(typeBytes, layoutBytes);
  const all = Uint32Array.from([...header, ...words]);
  const bytes = new Uint8Array(all.byteLength + layoutBytes + strings.length);
  bytes.set(new Uint8Array(all.buffer));
  bytes.set(layout ?? [], all.byteLength);
  bytes.set(strings, all.byteLength + layoutBytes);
  return { bytes, typeBytes, endString: firstString + strings.length };
}

type NameAt = (name: string) => number;

function recordWords(spec: TypeSpec, nameAt: NameAt): number[] {
  switch (spec.kind) {
    case 'int': {
      const word = ((spec.encoding ?? 0) << 24) | ((spec.bitOffset ?? 0) << 16) | (spec.bits ?? spec.bytes * 8);
      return [...head(1, nameAt(spec.name), 0, false), spec.bytes, word];
    }
    case 'ptr':
      return [...head(2, 0, 0, false), spec.type];
    case 'array':
      return [...head(3, 0, 0, false), 0, spec.type, spec.index, spec.count];
    case 'struct':
    case 'union':
      return [
        ...head(spec.kind === 'struct' ? 4 : 5, nameAt(spec.name), spec.members.length, spec.flag),
        spec.bytes,
        ...spec.members.flatMap(({ name, type, bit, bits }) => [nameAt(name), type, ((bits ?? 0) << 24) | bit]),
      ];
    case 'enum':
      return [
        ...head(6, nameAt(spec.name), spec.values.length, spec.flag),
        spec.bytes,
        ...spec.values.flatMap(({ name, value }) => [nameAt(name), Number(BigInt.asUintN(32, value))]),
      ];
    case 'fwd':
      return [...head(7, nameAt(spec.name), 0, spec.flag), 0];
    case 'typedef':
      return [...head(8, nameAt(spec.name), 0, false), spec.type];
    case 'volatile':
      return [...head(9, 0, 0, false), spec.type];
    case 'const':
      return [...head(10, 0, 0, false), spec.type];
    case 'restrict':
      return [...head(11, 0, 0, false), spec.type];
    case 'func':
      return [...head(12, nameAt(spec.name), spec.linkage ?? 0, false), spec.type];
    case 'funcProto':
      return [
        ...head(13, 0, spec.params.length, false),
        spec.returns,
        ...spec.params.flatMap(({ name, type }) => [nameAt(name), type]),
      ];
    case 'var':
      return [...head(14, nameAt(spec.name), 0, false), spec.type, 0];
    case 'datasec':
      return [
        ...head(15, nameAt(spec.name), spec.vars.length, false),
        spec.bytes,
        ...spec.vars.flatMap(({ type, at, bytes }) => [type, at, bytes]),
      ];
    case 'float':
      return [...head(16, nameAt(spec.name), 0, false), spec.bytes];
    case 'declTag':
      return [...head(17, nameAt(spec.name), 0, false), spec.type, spec.component];
    case 'typeTag':
      return [...head(18, nameAt(spec.name), 0, false), spec.type];
    case 'enum64':
      return [
        ...head(19, nameAt(spec.name), spec.values.length, spec.flag),
        spec.bytes,
        ...spec.values.flatMap(({ name, value }) => [
          nameAt(name),
          Number(BigInt.asUintN(32, value)),
          Number(BigInt.asUintN(32, value >> 32n)),
        ]),
      ];
    case 'unknown':
      return [...head(spec.number, 0, spec.vlen, false), 0, ...spec.words];
    default:
      return spec satisfies never;
  }
}

function head(kind: number, name: number, vlen: number, flag: boolean | undefined): number[] {
  return [name, ((flag ? 0x80000000 : 0) | (kind << 24) | vlen) >>> 0];
}
