// Writes a type as C would in a declaration without a name: `const char *`, `int (*)(struct file *, long int)`.

import { type Btf, stringAt, type TypeRecord, typeRecord } from './btf.ts';
import { BtfKind } from './kinds.ts';

/**
 * The C text of a type, with structs by their tag, `struct {...}` for one without.
 * Type tags (`__user`, `__rcu`) are left out, since only some compilers write them.
 * Text that would be very long or deep, as of a hostile BTF's pointer to itself, is cut with `…`.
 */
export function typeText(btf: Btf, id: number): string {
  return declared(btf, id, '', { typesLeft: 60 });
}

/** Bounds the text: a function type's parameters may fan out without end. */
interface Budget {
  typesLeft: number;
}

// `inner` is the declaration so far, written from the inside out as C has it.
function declared(btf: Btf, id: number, inner: string, budget: Budget): string {
  if (budget.typesLeft === 0) return join('…', inner);
  budget.typesLeft -= 1;
  const record = typeRecord(btf, id);
  switch (record.kind) {
    case BtfKind.ptr:
      return declared(btf, record.sizeOrType, bindsLoosely(btf, record) ? `(*${inner})` : `*${inner}`, budget);
    case BtfKind.array:
      return declared(btf, body(record, 0), `${inner}[${body(record, 8)}]`, budget);
    case BtfKind.funcProto:
      return declared(btf, record.sizeOrType, `${inner}(${parameters(btf, record, budget)})`, budget);
    case BtfKind.const:
      return qualified(btf, record, { word: 'const', inner }, budget);
    case BtfKind.volatile:
      return qualified(btf, record, { word: 'volatile', inner }, budget);
    case BtfKind.restrict:
      return qualified(btf, record, { word: 'restrict', inner }, budget);
    case BtfKind.typeTag:
      return declared(btf, record.sizeOrType, inner, budget);
    default:
      return join(named(record), inner);
  }
}

// A pointer to a function or an array needs parentheses: `int (*)[4]`.
function bindsLoosely(btf: Btf, pointer: TypeRecord): boolean {
  const target = typeRecord(btf, pointer.sizeOrType);
  return target.kind === BtfKind.array || target.kind === BtfKind.funcProto;
}

// A qualifier of a pointer stands behind the star, `char *const`, any other before its type.
function qualified(
  btf: Btf,
  record: TypeRecord,
  { word, inner }: { word: string; inner: string },
  budget: Budget,
): string {
  const target = typeRecord(btf, record.sizeOrType);
  if (target.kind === BtfKind.ptr) return declared(btf, target.id, join(word, inner), budget);
  return `${word} ${declared(btf, target.id, inner, budget)}`;
}

function parameters(btf: Btf, proto: TypeRecord, budget: Budget): string {
  if (proto.vlen === 0) return 'void';
  const texts: string[] = [];
  for (let index = 0; index < proto.vlen; index += 1) {
    if (budget.typesLeft === 0) return [...texts, '…'].join(', ');
    texts.push(parameterText(btf, proto, index, budget));
  }
  return texts.join(', ');
}

// A last parameter with neither name nor type stands for `...`.
function parameterText(btf: Btf, proto: TypeRecord, index: number, budget: Budget): string {
  const typeId = body(proto, index * 8 + 4);
  const isVariadic = typeId === 0 && index === proto.vlen - 1 && stringAt(btf, body(proto, index * 8)) === '';
  return isVariadic ? '...' : declared(btf, typeId, '', budget);
}

function named(record: TypeRecord): string {
  const name = record.name === '' ? '{...}' : record.name;
  switch (record.kind) {
    case BtfKind.struct:
      return `struct ${name}`;
    case BtfKind.union:
      return `union ${name}`;
    case BtfKind.enum:
    case BtfKind.enum64:
      return `enum ${name}`;
    case BtfKind.fwd:
      return `${record.flag ? 'union' : 'struct'} ${name}`;
    default:
      return name;
  }
}

function join(text: string, inner: string): string {
  return inner === '' || inner.startsWith('[') ? `${text}${inner}` : `${text} ${inner}`;
}

function body(record: TypeRecord, offset: number): number {
  return record.owner.bytes.readUInt32LE(record.bodyAt + offset);
}
