/** Chosen ways and a host's offsets in, the text of one bpftrace program out. The same dialect runs on 0.11 to 0.27. */
import { type FieldRow, fieldsOf, type RecordName, type RecordRow, records } from './records.ts';
import { declare, fieldsOfShapes, shapesUsed } from './shapes.ts';
import { introduction, type Probe, type Way } from './ways.ts';

/** Byte offsets by `struct.field`. */
export type OffsetTable = ReadonlyMap<string, number>;

/** How often a CPU shows that it is alive, in milliseconds: bounds how long the agent waits before it orders records. */
export const heartbeatMs = 200;

/**
 * Writes the program.
 * @param ways the chosen ways, one a capability
 * @param offsets every field that their structs hold
 * @param cpus number of possible CPUs: each gets a final count
 * @throws Error naming the field when an offset or a value is missing: the plan must have seen to it.
 */
export function writeProgram(ways: readonly Way[], offsets: OffsetTable, cpus: number): string {
  const probes = ways.flatMap((way) => way.probes).map(writeProbe);
  return [
    ...shapesUsed(probes.join()).map((shape) => declare(shape, offsets)),
    // bpftrace up to 0.23 attaches software probes last when they come first: only then are all others attached.
    `software:cpu-clock:200000000 { if (@ready[(uint64)0] == 0) { @ready[(uint64)0] = (uint64)1; ${print('ready', {})} } }`,
    // Every map is used here first, so that its key and value types are the same in all versions.
    'BEGIN { @s[(uint64)0] = (uint64)0; @io[(uint64)0] = (uint64)0; @known[(uint64)0] = (uint64)0; @ready[(uint64)0] = (uint64)0; }',
    ...probes,
    `interval:ms:${heartbeatMs} { ${print('heartbeat', {})} }`,
    `END { ${finals(cpus)} clear(@s); clear(@io); clear(@known); clear(@ready); }`,
    '',
  ].join('\n');
}

/** The offsets that these ways need, each once, sorted. */
export function offsetsNeeded(ways: readonly Way[]): string[] {
  const text = ways.flatMap((way) => way.probes.map(writeProbe)).join();
  return [...new Set(fieldsOfShapes(shapesUsed(text)))].sort();
}

function writeProbe(probe: Probe): string {
  const parts = [...(probe.introduces ? [introduce()] : []), body(probe)];
  return `${probe.attach}${probe.when ? ` /${probe.when}/` : ''} { ${parts.join(' ')} }`;
}

const introduce = (): string => `if (@known[tid] == 0) { ${body(introduction)} }`;

const body = ({ before, record, values, after }: Omit<Probe, 'attach'>): string =>
  [before, print(record, values), after].filter(Boolean).join(' ');

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
