/** Reads one line of hex fields from bytes, without allocating but for addresses. The decoder's half of probes/records. */
import type { Fields } from '../../probes/records.ts';

const space = 0x20;
const twoTo32 = 4_294_967_296;
const limitHi = 0x20_0000; // 2^53 = 0x20_0000 * 2^32

/**
 * A cursor over one line. Each read takes one field; the first thing wrong with the line is kept in `problem` and all
 * later reads give 0, so that readers need no error path of their own.
 */
export class Scan implements Fields {
  problem: string | null = null;
  #bytes: Uint8Array = new Uint8Array();
  #at = 0;
  #end = 0;
  /** Halves of the field last read, as unsigned 32-bit numbers. */
  hi = 0;
  lo = 0;

  /** Starts on `bytes[from, to)`, at its first field. */
  start(bytes: Uint8Array, from: number, to: number): void {
    this.#bytes = bytes;
    this.#at = from;
    this.#end = to;
    this.problem = null;
  }

  count(name: string): number {
    this.#field(name);
    if (this.hi >= limitHi) return this.#fail(`${name} is above 2^53`);
    return this.hi * twoTo32 + this.lo;
  }

  int(name: string): number {
    this.#field(name);
    return this.lo | 0;
  }

  long(name: string): number {
    this.#field(name);
    const value = (this.hi | 0) * twoTo32 + this.lo;
    return Number.isSafeInteger(value) ? value : this.#fail(`${name} is beyond ±2^53`);
  }

  address(name: string): string {
    this.#field(name);
    return this.hi === 0 ? this.lo.toString(16) : this.hi.toString(16) + this.lo.toString(16).padStart(8, '0');
  }

  /** Takes a field into `hi` and `lo` only: a time since boot passes 2^53 after 104 days. */
  halves(name: string): void {
    this.#field(name);
  }

  /** Says whether the whole line was read: a longer one is not the record that it claims to be. */
  finish(): void {
    if (this.problem === null && this.#at !== this.#end) this.#fail('has fields too many');
  }

  /** Takes the next field into `hi` and `lo`. */
  #field(name: string): void {
    this.hi = 0;
    this.lo = 0;
    if (this.problem !== null) return;
    let at = this.#at;
    if (at >= this.#end) {
      this.#fail(`lacks ${name}`);
      return;
    }
    const from = at;
    for (; at < this.#end; at++) {
      const byte = this.#bytes[at] ?? space;
      if (byte === space) break;
      // '0'-'9' or 'a'-'f'; bpftrace prints nothing else for %x and %lx
      const digit = byte >= 0x30 && byte <= 0x39 ? byte - 0x30 : byte >= 0x61 && byte <= 0x66 ? byte - 0x57 : -1;
      if (digit < 0) {
        this.#fail(`${name} is not lower-case hex`);
        return;
      }
      this.hi = ((this.hi << 4) | (this.lo >>> 28)) >>> 0;
      this.lo = ((this.lo << 4) | digit) >>> 0;
    }
    if (at === from || at - from > 16) {
      this.#fail(at === from ? `${name} is empty` : `${name} is longer than 64 bits`);
      return;
    }
    this.#at = at < this.#end ? at + 1 : at;
    // A trailing space would be an empty last field.
    if (at < this.#end && at + 1 === this.#end) this.#fail('ends with a space');
  }

  #fail(problem: string): number {
    this.problem ??= problem;
    this.hi = 0;
    this.lo = 0;
    return 0;
  }
}
