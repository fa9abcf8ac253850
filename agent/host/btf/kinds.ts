// The BTF format as a table: each kind's number, and where its records keep sizes, names and type ids.
// Source: include/uapi/linux/btf.h, from 5.2 to 7.2. ENUM64 came with 6.0, DECL_TAG and TYPE_TAG with 5.16 and 5.17.

export const BtfKind = {
  void: 0,
  int: 1,
  ptr: 2,
  array: 3,
  struct: 4,
  union: 5,
  enum: 6,
  fwd: 7,
  typedef: 8,
  volatile: 9,
  const: 10,
  restrict: 11,
  func: 12,
  funcProto: 13,
  var: 14,
  datasec: 15,
  float: 16,
  declTag: 17,
  typeTag: 18,
  enum64: 19,
} as const;

/** Bytes of `struct btf_type`, which begins every record: name, info, and a size or a type id. */
export const RECORD_HEAD_BYTES = 12;

/** How one kind's record goes on after its head. Offsets are in bytes. */
export interface RecordShape {
  /** The head's third word is a type id, not a size. */
  readonly refers: boolean;
  /** Bytes after the head that do not repeat, and where in them type ids stand. */
  readonly fixedBytes: number;
  readonly fixedTypesAt: readonly number[];
  /** Bytes of each of the `vlen` elements that follow, and where in one its name and its type id stand. */
  readonly elementBytes: number;
  readonly elementNameAt?: number;
  readonly elementTypeAt?: number;
}

const bare: RecordShape = { refers: false, fixedBytes: 0, fixedTypesAt: [], elementBytes: 0 };
const reference: RecordShape = { ...bare, refers: true };
const members: RecordShape = { ...bare, elementBytes: 12, elementNameAt: 0, elementTypeAt: 4 };

const shapes: readonly (RecordShape | undefined)[] = [
  undefined, // 0 is void; a record of that kind is an error
  { ...bare, fixedBytes: 4 },
  reference,
  { ...bare, fixedBytes: 12, fixedTypesAt: [0, 4] },
  members,
  members,
  { ...bare, elementBytes: 8, elementNameAt: 0 },
  bare,
  reference,
  reference,
  reference,
  reference,
  reference, // FUNC: its vlen is a linkage, and no elements follow
  { ...reference, elementBytes: 8, elementNameAt: 0, elementTypeAt: 4 },
  { ...reference, fixedBytes: 4 },
  { ...bare, elementBytes: 12, elementTypeAt: 0 },
  bare,
  { ...reference, fixedBytes: 4 },
  reference,
  { ...bare, elementBytes: 12, elementNameAt: 0 },
];

/** The shape of a kind's records; undefined for a kind that is newer than this table. */
export function recordShape(kind: number): RecordShape | undefined {
  return shapes[kind];
}

/**
 * Kind, element count and flag out of a record's `info` word.
 * 7.2 widened vlen from 16 to 24 bits and kind from 5 to 7; older kernels keep the added bits zero.
 */
export function readInfo(info: number): { kind: number; vlen: number; flag: boolean } {
  return { kind: (info >>> 24) & 0x7f, vlen: info & 0xffffff, flag: info >>> 31 === 1 };
}
