// Gives a function's parameters and return type as C text, so that a probe plan can check them before it reads them.

import { type Answer, agreed, missing } from './answer.ts';
import { type Btf, stringAt, typeRecord } from './btf.ts';
import { BtfKind } from './kinds.ts';
import { idsNamed } from './names.ts';
import { typeText } from './type-text.ts';

/** One parameter; `{ name: '', type: '...' }` for a variable rest. */
export interface Parameter {
  readonly name: string;
  readonly type: string;
}

export interface FunctionPrototype {
  readonly kind: 'found';
  readonly params: readonly Parameter[];
  readonly returns: string;
}

/**
 * The prototype of a kernel function. BTF leaves out functions that the compiler dissolved or changed, so a missing
 * one may still be a symbol. Static functions of one name in several files are ambiguous unless all are alike.
 */
export function functionPrototype(btf: Btf, name: string): Answer<FunctionPrototype> {
  return agreed(`function ${name}`, idsNamed(btf, 'function', name), (id) => prototypeOf(btf, id));
}

/** Far above any C function's; it keeps hostile BTF from making an answer of megabytes. */
const MOST_PARAMETERS = 255;

function prototypeOf(btf: Btf, id: number): Answer<FunctionPrototype> {
  const proto = typeRecord(btf, typeRecord(btf, id).sizeOrType);
  if (proto.kind !== BtfKind.funcProto) return missing(`malformed BTF: function type ${id} has no prototype`);
  if (proto.vlen > MOST_PARAMETERS) return missing(`malformed BTF: function type ${id} has ${proto.vlen} parameters`);
  const params = Array.from({ length: proto.vlen }, (_, index): Parameter => {
    const at = proto.bodyAt + index * 8;
    const name = stringAt(btf, proto.owner.bytes.readUInt32LE(at));
    const typeId = proto.owner.bytes.readUInt32LE(at + 4);
    const isVariadic = name === '' && typeId === 0 && index === proto.vlen - 1;
    return { name, type: isVariadic ? '...' : typeText(btf, typeId) };
  });
  return { kind: 'found', params, returns: typeText(btf, proto.sizeOrType) };
}
