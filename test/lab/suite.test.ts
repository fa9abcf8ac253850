import { describe, expect, test } from 'vitest';
import { parseDuration } from './duration.ts';
import { LabError } from './failure.ts';
import { parseSuite } from './suite.ts';

describe('what people type', () => {
  test.each(['bookworm', '6.1', 'lab:6.1', 'lab-6.1'])('%s is the guest with Linux 6.1', (text) => {
    expect(parseSuite(text)).toEqual({ name: 'bookworm', kernel: '6.1' });
  });

  test('a guest that is not there is answered with those that are', () => {
    expect(() => parseSuite('6.2')).toThrow(
      expect.objectContaining({ remedy: 'choose one of: 5.10 (bullseye), 6.1 (bookworm), 6.12 (trixie)' }),
    );
  });

  test.each([
    ['90s', 90_000],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
  ])('%s is %i ms', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  test.each(['', '5', '0s', '-1h', '2 h', '600h', '1e3s'])('"%s" is no time for a guest', (text) => {
    expect(() => parseDuration(text)).toThrow(LabError);
  });
});
