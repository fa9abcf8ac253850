import { describe, expect, test } from 'vitest';
import { checkText, verdictText } from '../../../agent/cli/doctor.ts';
import { failed, notTried, ok, warning } from '../../../agent/host/check.ts';

const trial = ok('trial attach', 'attached in 4.1 s');

describe('the lines of the doctor', () => {
  test('have a mark, a word and a name, and below it what to do', () => {
    const lines = [
      ok('kernel', 'Linux 6.1'),
      warning('gfs2 mounted', 'none', 'Mount one.'),
      failed('bpftrace', 'node1 has no bpftrace', 'Install it there.'),
      notTried('plan', 'the host was not reached'),
    ].map(checkText);
    expect(lines.join('\n')).toBe(
      [
        '✔ ok         kernel: Linux 6.1',
        '! warning    gfs2 mounted: none',
        '             What to do: Mount one.',
        '✘ failed     bpftrace: node1 has no bpftrace',
        '             What to do: Install it there.',
        '– not tried  plan: the host was not reached',
      ].join('\n'),
    );
  });

  test.each([
    ['Attaching works.', [trial]],
    ['Attaching works, with 1 warning.', [warning('clock', 'far', 'Set it.'), trial]],
    ['Nothing found that would keep attach from working.', [notTried('trial attach', 'left out')]],
    ['Attaching would fail: 1 check failed.', [failed('gfs2', 'is not loaded', 'Load it.')]],
    [
      'Attaching would fail: 2 checks failed, with 1 warning.',
      [failed('gfs2', 'no', 'Load it.'), failed('rights', 'no', 'Be root.'), warning('clock', 'far', 'Set it.')],
    ],
  ])('end with a verdict: %s', (text, checks) => {
    expect(verdictText(checks)).toBe(text);
  });
});
