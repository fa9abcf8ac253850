/** The quantities and identities that cross a boundary, branded: this file alone turns plain values into them. */

declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

/** Nanoseconds of the host's own clock since the session's first record. Exact: far below 2^53. */
export type Nanos = Branded<number, 'Nanos'>;
/** A thread id in the initial pid namespace of its node. */
export type Tid = Branded<number, 'Tid'>;
/** A 64-bit address as lower-case hex without `0x`; a JS number would lose its low bits. `0` is NULL. */
export type Address = Branded<string, 'Address'>;
/** A glock as support people write it, with its device in front where one is known: `7:0 2/181ec`. */
export type GlockName = Branded<string, 'GlockName'>;

export const nanos = (value: number): Nanos => value as Nanos;
export const tid = (value: number): Tid => value as Tid;
export const address = (hex: string): Address => hex as Address;

/**
 * Names a glock. `dev` is the kernel's dev_t as gfs2's own tracepoints give it (major << 20 | minor), `number` is hex.
 * Source of the form: fs/gfs2/glock.c gfs2_dump_glock, `n:%u/%llx`.
 */
export const glockName = (dev: number, type: number, number: Address): GlockName =>
  `${dev >>> 20}:${dev & 0xfffff} ${type}/${number}` as GlockName;
