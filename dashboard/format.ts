/** Quantities and identities in, text for people out (pure). */

import type { Address, GlockName } from '../agent/wire/units.ts';
import type { FileView, HostView } from '../agent/wire/view.ts';
import { glockTypeName } from '../probes/kernel.ts';

const durations: readonly (readonly [ns: number, unit: string])[] = [
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'µs'],
];

/** Nanoseconds to three digits and a unit: `640 ns`, `12.3 µs`, `3.20 s`; from two minutes on `2 min 5 s`, `3 h 4 min`. */
export function durationText(ns: number): string {
  if (ns < 0) return `-${durationText(-ns)}`;
  const seconds = Math.round(ns / 1e9);
  if (seconds >= 7200) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  if (seconds >= 120) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  for (const [size, unit] of durations) if (ns >= size * 0.9995) return `${threeDigits(ns / size)} ${unit}`;
  return `${Math.round(ns)} ns`;
}

/** An age that is shown while it grows: no digit that nobody could read before it changes. */
export function ageText(ns: number): string {
  if (ns < 0) return '0 ms';
  if (ns >= 120e9) return durationText(ns);
  return ns >= 1e9 ? `${(ns / 1e9).toFixed(1)} s` : `${Math.floor(ns / 1e6)} ms`;
}

/** Nanoseconds since the session's start as `m:ss.mmm`, or `h:mm:ss.mmm`. */
export function elapsedText(ns: number): string {
  const ms = Math.floor(Math.max(0, ns) / 1e6);
  const [h, m, s] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, Math.floor(ms / 1000) % 60];
  const minutes = h > 0 ? `${h}:${String(m).padStart(2, '0')}` : String(m);
  return `${minutes}:${String(s).padStart(2, '0')}.${String(ms % 1000).padStart(3, '0')}`;
}

/**
 * When something happened: the wall clock of a live host, `14:03:07.123` in the reader's zone; the place in a recording,
 * where the time of day of long ago would say nothing.
 */
export function momentText(host: HostView | undefined, ns: number): string {
  const start = startSecond(host);
  if (start === 0) return elapsedText(ns);
  const at = new Date(start * 1000 + ns / 1e6);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}

/** The second at which the clock that is shown starts: Unix time for a live host, 0 for a recording. */
export const startSecond = (host: HostView | undefined): number =>
  host === undefined || host.playing !== null ? 0 : (host.epochUnixMs ?? 0) / 1000;

const sizes: readonly (readonly [bytes: number, unit: string])[] = [
  [1024 ** 4, 'TiB'],
  [1024 ** 3, 'GiB'],
  [1024 ** 2, 'MiB'],
  [1024, 'KiB'],
];

/** Bytes in the largest binary unit that they fill: `512 B`, `16 KiB`, `1.50 MiB`. */
export function bytesText(bytes: number): string {
  for (const [size, unit] of sizes)
    if (bytes >= size) return `${bytes % size === 0 ? bytes / size : threeDigits(bytes / size)} ${unit}`;
  return `${bytes} B`;
}

/** A count with a comma every three digits, the same in every language setting. */
export const countText = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',');

/** `1 fault`, `4 faults`. */
export const plural = (count: number, noun: string): string => `${countText(count)} ${noun}${count === 1 ? '' : 's'}`;

export const addressText = (address: Address): string => (/^0+$/.test(address) ? 'NULL' : `0x${address}`);

export interface GlockText {
  /** As support people write it: `2/181ec`. */
  readonly name: string;
  /** `7:0`, empty where no device is known. */
  readonly device: string;
  /** `inode`, `resource group`, … */
  readonly type: string;
}

export function glockText(glock: GlockName): GlockText {
  const at = glock.lastIndexOf(' ');
  const name = glock.slice(at + 1);
  return { name, device: at === -1 ? '' : glock.slice(0, at), type: glockTypeName(Number.parseInt(name, 10)) };
}

/** `inode 181ec on /mnt/g`; by its device, `7:0`, where the mount is not known. */
export function fileText(file: FileView, host: HostView | undefined): string {
  const mount = host?.fileSystems.find((each) => each.dev === file.dev);
  return `inode ${file.ino} on ${mount?.mountPoint ?? `${file.dev >>> 20}:${file.dev & 0xfffff}`}`;
}

/** The command that turns the inode number into a path; empty where the mount is not known. */
export function findCommand(file: FileView, host: HostView | undefined): string {
  const mount = host?.fileSystems.find((each) => each.dev === file.dev);
  return mount === undefined ? '' : `find ${mount.mountPoint} -xdev -inum ${BigInt(`0x${file.ino}`)}`;
}

const threeDigits = (value: number): string => value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
