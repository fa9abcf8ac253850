import { describe, expect, test } from 'vitest';
import { type Progress, progressDisplay } from './progress.ts';

const download = (done: number): Progress => ({ kind: 'bytes', text: 'download', done, total: 200_000_000 });

function drawn(isTTY: boolean, steps: readonly Progress[]): string {
  let text = '';
  let clockMs = 0;
  const screen = { isTTY, columns: 60, write: (more: string) => (text += more) };
  const show = progressDisplay(screen, () => (clockMs += 500));
  for (const step of steps) show(step);
  return text;
}

describe('progress', () => {
  test('is plain lines at each quarter where there is no terminal', () => {
    const steps = [0, 20, 60, 90, 120, 200].map((megabytes) => download(megabytes * 1e6));
    expect(drawn(false, [{ kind: 'phase', text: 'package lists' }, ...steps]).split('\n')).toEqual([
      '[0.5 s] package lists',
      '[1.0 s] download ░░░░░░░░░░░░░░░░░░░░ 0.0 of 200.0 MB',
      '[1.5 s] download ██████░░░░░░░░░░░░░░ 60.0 of 200.0 MB',
      '[2.0 s] download ████████████░░░░░░░░ 120.0 of 200.0 MB',
      '[2.5 s] download ████████████████████ 200.0 of 200.0 MB',
      '',
    ]);
  });

  test('is one line drawn over on a terminal, kept when the step ends and never wider than the screen', () => {
    const text = drawn(true, [download(1e8), download(2e8), { kind: 'phase', text: 'x'.repeat(100) }]);
    const [first = '', second = '', ...rest] = text.split('\n');
    expect(first.split('\r\x1b[K').slice(1)).toEqual([
      'download ██████████░░░░░░░░░░ 100.0 of 200.0 MB  0.5 s',
      'download ████████████████████ 200.0 of 200.0 MB  1.0 s',
    ]);
    expect(second).toBe(`\r\x1b[K${'x'.repeat(59)}`);
    expect(rest).toEqual([]);
  });
});
