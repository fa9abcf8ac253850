/** bpftrace's output in, as it comes and cut anywhere; records, notices and malformed lines out. */
import { type RecordRow, records, type Said } from '../../probes/records.ts';
import { Scan } from './scan.ts';

/** The header of every record. Times are ns since the session's first record; a record of another CPU may precede it. */
export interface Stamp {
  readonly cpu: number;
  /** The CPU's count of sequenced records, this one included when it is one. */
  readonly seq: number;
  readonly sequenced: boolean;
  readonly atNs: number;
  readonly tid: number;
}
export type TraceRecord = Stamp & { readonly said: Said };

export type Decoded =
  | { readonly kind: 'record'; readonly record: TraceRecord }
  /** A line that bpftrace itself wrote, e.g. `Attaching 16 probes...` or `Lost 962 events`. */
  | { readonly kind: 'notice'; readonly text: string }
  | { readonly kind: 'malformed'; readonly line: string; readonly why: string };

/** Longest line kept; a longer one is malformed and only its start is remembered. */
export const maxLineBytes = 4096;

const newline = 0x0a;
const space = 0x20;
const twoTo32 = 4_294_967_296;
/** What bpftrace 0.11 to 0.27 print beside our records (text mode, stdout). */
const noticePattern = /^(Attaching \d+ probes?\.\.\.|Attached \d+ probes?|Lost \d+ events|WARNING: .*|stdin:.*|\s*)$/;

const rowByLetter: (RecordRow<Said> | undefined)[] = [];
for (const row of Object.values(records)) rowByLetter[row.letter.charCodeAt(0)] = row;

/** Turns chunks into lines into records. Holds at most one unfinished line. */
export class Decoder {
  readonly #scan = new Scan();
  readonly #text = new TextDecoder('utf-8');
  #carry: Uint8Array = new Uint8Array();
  /** The first record's time, as two 32-bit halves: ns since boot pass 2^53 after 104 days. */
  #base: { readonly hi: number; readonly lo: number } | null = null;
  /** Whether the line at hand was already given up as too long. */
  #skipping = false;

  /** The first record's time on the host's clock in ns, exact; null before it came. */
  get baseNs(): bigint | null {
    return this.#base === null ? null : (BigInt(this.#base.hi) << 32n) | BigInt(this.#base.lo);
  }

  /** Decodes what the chunk completes. */
  *push(chunk: Uint8Array): Generator<Decoded> {
    let from = 0;
    for (;;) {
      const to = chunk.indexOf(newline, from);
      if (to < 0) break;
      if (this.#skipping) this.#skipping = false;
      else if (this.#carry.length > 0) {
        const line = joined(this.#carry, chunk.subarray(from, to));
        this.#carry = new Uint8Array();
        yield this.#line(line, 0, line.length);
      } else yield this.#line(chunk, from, to);
      from = to + 1;
    }
    if (this.#skipping || from === chunk.length) return;
    this.#carry = joined(this.#carry, chunk.subarray(from));
    if (this.#carry.length > maxLineBytes) {
      yield this.#malformed(this.#carry, 0, this.#carry.length, `longer than ${maxLineBytes} bytes`);
      this.#carry = new Uint8Array();
      this.#skipping = true;
    }
  }

  /** The output has ended: an unfinished line was cut off. */
  *end(): Generator<Decoded> {
    if (this.#carry.length > 0) yield this.#malformed(this.#carry, 0, this.#carry.length, 'cut off');
    this.#carry = new Uint8Array();
  }

  #line(bytes: Uint8Array, from: number, to: number): Decoded {
    const row = bytes[from + 1] === space ? rowByLetter[bytes[from] ?? 0] : undefined;
    if (row === undefined) {
      const text = this.#show(bytes, from, to);
      if (noticePattern.test(text)) return { kind: 'notice', text };
      return { kind: 'malformed', line: text, why: 'is no record and no line that bpftrace is known to print' };
    }
    const scan = this.#scan;
    scan.start(bytes, from + 2, to);
    const cpu = scan.count('cpu');
    const seq = scan.count('seq');
    scan.halves('ns');
    const { hi, lo } = scan;
    const tid = scan.count('tid');
    const said = row.read(scan);
    scan.finish();
    if (scan.problem !== null) return this.#malformed(bytes, from, to, scan.problem);
    this.#base ??= { hi, lo };
    const atNs = (hi - this.#base.hi) * twoTo32 + (lo - this.#base.lo);
    return { kind: 'record', record: { cpu, seq, sequenced: row.sequenced, atNs, tid, said } };
  }

  #malformed(bytes: Uint8Array, from: number, to: number, why: string): Decoded {
    return { kind: 'malformed', line: this.#show(bytes, from, to), why };
  }

  #show(bytes: Uint8Array, from: number, to: number): string {
    return this.#text.decode(bytes.subarray(from, Math.min(to, from + 200)));
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second.slice();
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
