/** Writes lines as the probes print them, from values in the record table's order: for tests only. */
import { fieldsOf, type RecordName, records } from '../probes/records.ts';

/** Numbers become hex; negative ones the two's complement that bpftrace prints. */
export const hex = (value: number | bigint | string): string =>
  typeof value === 'string' ? value : BigInt.asUintN(64, BigInt(value)).toString(16);

export interface LineOptions {
  readonly cpu?: number;
  readonly seq: number;
  readonly ns: number | bigint;
  readonly tid?: number;
}

/** One line with its newline. Fields that are not given are 0. */
export function line(
  name: RecordName,
  { cpu = 0, seq, ns, tid = 1 }: LineOptions,
  values: Readonly<Record<string, number | bigint | string>> = {},
): string {
  const row = records[name];
  const fields = fieldsOf(row).map((field) => hex(values[field.name] ?? 0));
  return `${[row.letter, hex(cpu), hex(seq), hex(ns), hex(tid), ...fields].join(' ')}\n`;
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
