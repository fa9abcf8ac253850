/** The record table, the ways and the shapes in, the tables of probes/README.md out. Pure. */
import { attemptFunctions, type FieldRow, fieldsOf, type RecordRow, records } from '../../probes/records.ts';
import { type ShapeField, shapes } from '../../probes/shapes.ts';
import { capabilities, type Way } from '../../probes/ways.ts';
import { code, plain, table } from '../documents/markdown.ts';

const rows: readonly [string, RecordRow<unknown>][] = Object.entries(records);

/** Every kind of line, with the names of its fields in their order. */
export const recordTable = (): string =>
  table(
    ['Letter', 'Record', 'Meaning', 'Counted', 'Fields after the tid'],
    rows.map(([name, row]) => [
      code(row.letter),
      name,
      plain(row.meaning),
      row.sequenced ? 'yes' : 'no',
      fieldsOf(row)
        .map((field) => code(field.name))
        .join(' '),
    ]),
  );

/** Every field once for each meaning, with the records that have it. */
export function fieldTable(): string {
  const meanings = new Map<string, { field: FieldRow; letters: string[] }>();
  for (const [, row] of rows) {
    for (const field of fieldsOf(row)) {
      const key = `${field.name} ${field.form} ${field.meaning}`;
      const known = meanings.get(key) ?? { field, letters: [] };
      known.letters.push(code(row.letter));
      meanings.set(key, known);
    }
  }
  return table(
    ['Field', 'Of', 'Form', 'Meaning'],
    [...meanings.values()].map(({ field, letters }) => [
      code(field.name),
      letters.join(' '),
      field.form,
      plain(field.meaning),
    ]),
  );
}

/** The functions that `attempt.via` counts. */
export const attemptTable = (): string =>
  table(
    [code('via'), 'Function'],
    attemptFunctions.map((name, via) => [String(via), code(name)]),
  );

/** For each capability its ways, best first. */
export const wayTable = (): string =>
  table(
    ['Capability', 'Way, best first', 'Attaches to', 'Wants', 'Does not show'],
    capabilities.flatMap((capability) =>
      capability.ways.map((way, at) => [
        at === 0 ? `${capability.name}${capability.required ? '' : ' (optional)'}` : '',
        code(way.name),
        attachedTo(way),
        wants(way),
        plain(way.lacks ?? ''),
      ]),
    ),
  );

/** The kernel structs as the program declares them. */
export const shapeTable = (): string =>
  table(
    ['Shape', 'Field', 'Kernel field', 'Read as'],
    Object.entries(shapes).flatMap(([shape, fields]) =>
      Object.entries(fields).map(([name, field], at) => [
        at === 0 ? code(`gs_${shape}`) : '',
        code(name),
        field.of === null ? 'the first word' : code(field.of),
        code(typeText(field)),
      ]),
    ),
  );

const attachedTo = (way: Way): string =>
  way.probes
    .flatMap((probe) => probe.attach.split(','))
    .map(code)
    .join(' ');

function wants(way: Way): string {
  const points = [...way.functions, ...(way.tracepoints ?? [])].map(code);
  // A version that bpftrace will not reach stands for "not yet".
  const version =
    way.bpftrace === undefined
      ? []
      : [way.bpftrace[0] >= 99 ? 'never taken yet' : `bpftrace ${way.bpftrace.join('.')}`];
  return [...points, ...version].join(' ');
}

const typeText = ({ type }: ShapeField): string => (typeof type === 'object' ? `struct gs_${type.to} *` : type);
