import { expect, test } from 'vitest';
import { address, glockName, nanos } from '../../agent/wire/units.ts';
import { hostNow } from '../../dashboard/clock.ts';
import {
  addressText,
  ageText,
  bytesText,
  countText,
  durationText,
  elapsedText,
  fileText,
  findCommand,
  glockText,
  momentText,
  plural,
} from '../../dashboard/format.ts';
import { host, loopDevice } from './scene.ts';

test.each([
  [0, '0 ns'],
  [640, '640 ns'],
  [999.6, '1.00 µs'],
  [12_340, '12.3 µs'],
  [999_600, '1.00 ms'],
  [1_250_000, '1.25 ms'],
  [99_960_000, '100 ms'],
  [3.2e9, '3.20 s'],
  [119e9, '119 s'],
  [125e9, '2 min 5 s'],
  [11_040e9, '3 h 4 min'],
  [-1500, '-1.50 µs'],
])('%d ns is written %s', (ns, text) => {
  expect(durationText(ns)).toBe(text);
});

test.each([
  [-5, '0 ms'],
  [400_000, '0 ms'],
  [340e6, '340 ms'],
  [1.26e9, '1.3 s'],
  [125e9, '2 min 5 s'],
])('an age of %d ns is written %s', (ns, text) => {
  expect(ageText(ns)).toBe(text);
});

test.each([
  [0, '0:00.000'],
  [12_345.678e6, '0:12.345'],
  [3_723_004e6, '1:02:03.004'],
])('%d ns into the session is %s', (ns, text) => {
  expect(elapsedText(ns)).toBe(text);
});

test.each([
  [0, '0 B'],
  [512, '512 B'],
  [16384, '16 KiB'],
  [1_572_864, '1.50 MiB'],
  [5 * 1024 ** 3, '5 GiB'],
  [3 * 1024 ** 4, '3 TiB'],
])('%d bytes are written %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

test('counts have a comma every three digits, and a noun agrees with its count', () => {
  expect([0, 999, 1000, 1234567].map(countText)).toEqual(['0', '999', '1,000', '1,234,567']);
  expect([plural(1, 'fault'), plural(4, 'fault')]).toEqual(['1 fault', '4 faults']);
});

test('an address keeps all its digits, and zero is NULL', () => {
  expect(addressText(address('ffffb4378026fc30'))).toBe('0xffffb4378026fc30');
  expect(addressText(address('0'))).toBe('NULL');
});

test('a glock is named as support people write it, with its type in words', () => {
  expect(glockText(glockName(loopDevice, 2, address('181ec')))).toEqual({
    name: '2/181ec',
    device: '7:0',
    type: 'inode',
  });
  expect(glockText(glockName(loopDevice, 3, address('17')))).toMatchObject({ type: 'resource group' });
});

test('a file is named by its mount, or by its device where no mount is known', () => {
  const file = { dev: loopDevice, ino: address('181ec') };
  expect(fileText(file, host())).toBe('inode 181ec on /mnt/g');
  expect(fileText(file, undefined)).toBe('inode 181ec on 7:0');
  expect(findCommand(file, host())).toBe('find /mnt/g -xdev -inum 98796');
  expect(findCommand(file, undefined)).toBe('');
});

test('a moment is the wall clock of a live host, and the place in a recording', () => {
  const epochUnixMs = new Date(2026, 10, 23, 14, 3, 7, 100).getTime();
  expect(momentText(host({ epochUnixMs }), 23e6)).toBe('14:03:07.123');
  const playing = { title: 'x', lengthNs: nanos(1e9), round: 1 };
  expect(momentText(host({ epochUnixMs, playing }), 23e6)).toBe('0:00.023');
});

test('a host’s clock runs on between messages, a second at most, and only while the host is live', () => {
  const clock = { nowNs: nanos(5e9), heardAtMs: 100 };
  const live = host({ nowNs: nanos(5e9) });
  expect(hostNow(live, clock, 100)).toBe(5e9);
  expect(hostNow(live, clock, 350)).toBe(5.25e9);
  expect(hostNow(live, clock, 60_000)).toBe(6e9);
  expect(hostNow(live, clock, 50)).toBe(5e9);
  expect(hostNow({ ...live, phase: 'stopped' }, clock, 350)).toBe(5e9);
});
