/** Chosen ways and a host's offsets in, the text of one bpftrace program out. Two dialects cover 0.11 to 0.27. */
import { type FieldRow, fieldsOf, type RecordName, type RecordRow, records } from './records.ts';
import { declare, fieldsOfShapes, readChain, type ShapeName, shapesReached } from './shapes.ts';
import { introduction, type Probe, type Way } from './ways.ts';

/** Byte offsets by `struct.field`. */
export type OffsetTable = ReadonlyMap<string, number>;

/** How often a CPU shows that it is alive, in milliseconds: bounds how long the agent waits before it orders records. */
export const heartbeatMs = 200;

/** How kernel structs are read: declared in the program, or as integers at offsets where bpftrace takes no declarations. */
export type Dialect = 'declared' | 'cast';

/**
 * Writes the program.
 * @param ways the chosen ways, one a capability
 * @param offsets every field that their structs hold
 * @param cpus number of possible CPUs: each gets a final count
 * @throws Error naming the field when an offset or a value is missing: the plan must have seen to it.
 */
export function writeProgram(
  ways: readonly Way[],
  offsets: OffsetTable,
  cpus: number,
  dialect: Dialect = 'declared',
): string {
  const probes = ways.flatMap((way) => way.probes);
  const declared = dialect === 'declared' ? shapesReached(shapesOf(probes)) : [];
  return [
    ...declared.map((shape) => declare(shape, offsets)),
    // bpftrace up to 0.23 attaches software probes last when they come first: only then are all others attached.
    `software:cpu-clock:200000000 { if (@ready[(uint64)0] == 0) { @ready[(uint64)0] = (uint64)1; ${print('ready', {})} } }`,
    // Every map is used here first, so that its key and value types are the same in all versions.
    'BEGIN { @s[(uint64)0] = (uint64)0; @io[(uint64)0] = (uint64)0; @known[(uint64)0] = (uint64)0; @ready[(uint64)0] = (uint64)0; }',
    // Up to 0.23 bpftrace attaches this first of what it attaches first, and so detaches it before all else at the end:
    // what comes after the last heartbeat comes while probes are being taken away, a return without its entry or less.
    `interval:ms:${heartbeatMs} { ${print('heartbeat', {})} }`,
    ...probes.map((probe) => writeProbe(probe, (one) => print(one.record, valuesOf(one, offsets, dialect)), dialect)),
    `END { ${finals(cpus)} clear(@s); clear(@io); clear(@known); clear(@ready); }`,
    '',
  ].join('\n');
}

/** The offsets that these ways need, each once, sorted. */
export function offsetsNeeded(ways: readonly Way[]): string[] {
  return [...new Set(fieldsOfShapes(shapesReached(shapesOf(ways.flatMap((way) => way.probes)))))].sort();
}

const shapesOf = (probes: readonly Probe[]): ShapeName[] =>
  [introduction, ...probes].flatMap((probe) => Object.values(probe.structs ?? {}).map((struct) => struct.shape));

type Body = Omit<Probe, 'attach'>;

function writeProbe(probe: Probe, printed: (body: Body) => string, dialect: Dialect): string {
  const body = (one: Body): string =>
    [one.before, ...casts(one, dialect), printed(one), one.after].filter(Boolean).join(' ');
  const introduce = probe.introduces ? `if (@known[tid] == 0) { ${body(introduction)} } ` : '';
  return `${probe.attach}${probe.when ? ` /${probe.when}/` : ''} { ${introduce}${body(probe)} }`;
}

const casts = ({ structs = {} }: Body, dialect: Dialect): string[] =>
  dialect === 'cast'
    ? []
    : Object.entries(structs).map(([name, { shape, at }]) => `$${name} = (struct gs_${shape} *)${at};`);

/** The expressions of a body as its dialect writes them. */
function valuesOf(
  { values, structs = {} }: Body,
  offsets: OffsetTable,
  dialect: Dialect,
): Readonly<Record<string, string>> {
  if (dialect === 'declared') return values;
  const flat = (expression: string): string =>
    expression.replace(/\$(\w+)((?:->\w+)+)/g, (chain, name: string, fields: string) => {
      const struct = structs[name];
      if (struct === undefined) throw new Error(`${chain} names no struct of its probe`);
      return readChain(struct.shape, struct.at, fields.slice(2).split('->'), offsets);
    });
  return Object.fromEntries(Object.entries(values).map(([name, expression]) => [name, flat(expression)]));
}

function print(name: RecordName, values: Readonly<Record<string, string>>): string {
  const record: RecordRow<unknown> = records[name];
  const fields = fieldsOf(record);
  const format = [record.letter, '%x', '%lx', '%lx', '%x', ...fields.map(() => '%lx')].join(' ');
  const args = ['cpu', '@s[cpu]', 'nsecs', 'tid', ...fields.map((field) => expressionOf(name, field, values))];
  return `${record.sequenced ? '@s[cpu]++; ' : ''}printf("${format}\\n", ${args.join(', ')});`;
}

function expressionOf(name: RecordName, field: FieldRow, values: Readonly<Record<string, string>>): string {
  const value = values[field.name];
  if (value === undefined) throw new Error(`record ${name} has no value for its field ${field.name}`);
  return value;
}

function finals(cpus: number): string {
  const { letter } = records.final;
  const lines: string[] = [];
  for (let cpu = 0; cpu < cpus; cpu++)
    lines.push(`printf("${letter} %x %lx %lx %x\\n", ${cpu}, @s[${cpu}], nsecs, 0);`);
  return lines.join(' ');
}
