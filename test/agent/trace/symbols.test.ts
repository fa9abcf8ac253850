import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { symbolizer } from '../../../agent/trace/symbols.ts';

/** As /proc/kallsyms of a 6.1 guest listed them, out of order. */
const name = symbolizer(
  [
    ['ffffffffc0a1b0b0', 'gfs2_page_mkwrite'],
    ['ffffffffc0a1b000', 'gfs2_fault'],
    ['ffffffffc0a1b700', 'gfs2_glock_nq'],
  ],
  'gfs2',
);

describe('an address', () => {
  test.each([
    ['ffffffffc0a1b041', 'gfs2_fault+0x41/0xb0 [gfs2]', 'as the kernel itself prints it (%pS)'],
    ['ffffffffc0a1b000', 'gfs2_fault+0x0/0xb0 [gfs2]', 'at the first byte of a function'],
    ['ffffffffc0a1b0af', 'gfs2_fault+0xaf/0xb0 [gfs2]', 'at the last byte of a function'],
    ['ffffffffc0a1b0b0', 'gfs2_page_mkwrite+0x0/0x650 [gfs2]', 'at the first byte of the next one'],
    ['ffffffffc0a1b712', 'gfs2_glock_nq+0x12 [gfs2]', 'in the last function, whose size the table does not tell'],
    ['ffffffffc0a1afff', '0xffffffffc0a1afff', 'before the first symbol'],
    ['ffffffffc0a2b701', '0xffffffffc0a2b701', 'far behind the last symbol'],
    ['0', '0x0', 'that is NULL'],
  ])('%s is %s: %s', (address, expected) => {
    expect(name(address)).toBe(expected);
    expect(name(address), 'the second time, from memory').toBe(expected);
  });

  test('stays hex without a table', () => {
    expect(symbolizer([], 'gfs2')('ffffffffc0a1b041')).toBe('0xffffffffc0a1b041');
  });

  test('keeps its low bits, which a double would lose', () => {
    const close = symbolizer(
      [
        ['ffffffffc0a1b001', 'one'],
        ['ffffffffc0a1b002', 'two'],
      ],
      'gfs2',
    );
    expect(close('ffffffffc0a1b001')).toBe('one+0x0/0x1 [gfs2]');
  });
});

test('of two names for one place the first is taken, as the kernel does, with the size up to the next place', () => {
  const aliased = symbolizer(
    [
      ['1000', 'init_module'],
      ['1000', 'init_gfs2_fs'],
      ['1100', 'gfs2_next'],
    ],
    'gfs2',
  );
  expect(aliased('1010')).toBe('init_module+0x10/0x100 [gfs2]');
});

test('more addresses than are remembered are named all the same', () => {
  const same = symbolizer([['c0a1b000', 'gfs2_fault']], 'gfs2');
  for (let at = 0; at < 10_100; at++) {
    const address = (0xc0a1b000n + BigInt(at)).toString(16);
    expect(same(address)).toBe(`gfs2_fault+0x${at.toString(16)} [gfs2]`);
  }
});

test('any address gets the name that a search from the first symbol on gives it', () => {
  const addresses = fc.uniqueArray(fc.bigInt(0n, 0x4000n), { maxLength: 30 });
  fc.assert(
    fc.property(addresses, fc.array(fc.bigInt(0n, 0x20000n), { maxLength: 20 }), (starts, asked) => {
      const rows = starts.map((start): [string, string] => [start.toString(16), `f${start}`]);
      const symbolize = symbolizer(rows, 'gfs2');
      for (const address of asked) {
        const before = starts.filter((start) => start <= address);
        const start = before.reduce((a, b) => (a > b ? a : b), -1n);
        const after = starts.filter((one) => one > address).reduce((a, b) => (a === -1n || b < a ? b : a), -1n);
        const size = after < 0n ? '' : `/0x${(after - start).toString(16)}`;
        const far = start < 0n || address - start > 0x10000n;
        const expected = `f${start}+0x${(address - start).toString(16)}${size} [gfs2]`;
        expect(symbolize(address.toString(16))).toBe(far ? `0x${address.toString(16)}` : expected);
      }
    }),
  );
});
