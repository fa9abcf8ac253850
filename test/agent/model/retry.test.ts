import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../../agent/session/session.ts';
import type { RetryView } from '../../../agent/wire/view.ts';
import { play } from '../../scene.ts';

const retries = (outcomes: readonly Outcome[]): RetryView[] =>
  outcomes.flatMap((one) => (one.kind === 'retry' ? [one.retry] : []));
const show = (retry: RetryView): string =>
  `${retry.direct ? 'direct ' : ''}${retry.op} ${retry.attempts
    .map(
      (attempt) =>
        `${attempt.faultIns.map((one) => `[${one.lengthBytes}:${one.faults}f${one.mkwrites}m] `).join('')}${attempt.mode ?? '-'} ${attempt.result}`,
    )
    .join(', ')} = ${retry.result} ${retry.mapping}`;

const lockedTry = (mode: string, via: string, result: number): string[] => [
  `A: nq ${mode} F`,
  'A: = 0',
  `A: attempt ${via} ${result}`,
  `A: dq ${mode} F`,
];
const faultIn = (file: string, bytes: number): string[] => [
  `A: faultin writeable ${bytes}`,
  `A: fault ${file}`,
  `A: nq SH ${file}`,
  'A: = 0',
  `A: dq SH ${file}`,
  'A: faulted',
  'A: faultedin 0',
];

describe('a retry', () => {
  test('is a fault-in between two attempts, with what each moved and what was faulted in', () => {
    const { outcomes } = play(
      'A: read F 16384',
      ...lockedTry('SH', 'generic', -14),
      ...faultIn('F', 16384),
      ...lockedTry('SH', 'generic', 16384),
      'A: done 16384',
    );
    expect(retries(outcomes).map(show)).toEqual(['read SH -14, [16384:1f0m] SH 16384 = 16384 same file']);
  });

  test('knows the mapping of another file, and of none of gfs2', () => {
    const other = play(
      'A: read F 4096 direct',
      ...lockedTry('DF', 'dio', -14),
      ...faultIn('G', 4096),
      ...lockedTry('DF', 'dio', 4096),
      'A: done 4096',
    );
    expect(retries(other.outcomes).map(show)).toEqual([
      'direct read DF -14, [4096:1f0m] DF 4096 = 4096 other gfs2 file',
    ]);
    const none = play(
      'A: read F',
      ...lockedTry('SH', 'generic', -14),
      'A: faultin writeable 4096',
      'A: faultedin 0',
      ...lockedTry('SH', 'generic', 4096),
      'A: done 4096',
    );
    expect(retries(none.outcomes).map(show)).toEqual(['read SH -14, [4096:0f0m] SH 4096 = 4096 not gfs2']);
  });

  test('counts the time from the failed attempt’s end to the next one’s grant', () => {
    const { outcomes } = play(
      'A: read F',
      ...lockedTry('SH', 'generic', -14),
      'A: faultin writeable 4096',
      'A: faultedin 0',
      ...lockedTry('SH', 'generic', 4096),
      'A: done 4096',
    );
    // dq, faultin, faultedin, nq, = : the picture's records are 1 µs apart
    expect(retries(outcomes).map((retry) => retry.lostNs)).toEqual([5000]);
  });

  test('after partial progress is one too', () => {
    const { outcomes } = play(
      'A: read F 8192',
      ...lockedTry('SH', 'generic', 4096),
      ...faultIn('F', 4096),
      ...lockedTry('SH', 'generic', 4096),
      'A: done 8192',
    );
    expect(retries(outcomes)).toHaveLength(1);
  });
});

describe('no retry', () => {
  test.each([
    ['a read at the first try', ['A: read F', ...lockedTry('SH', 'generic', 4096), 'A: done 4096']],
    [
      'the prefault of a buffered write',
      ['A: write F', ...faultIn('F', 4096), ...lockedTry('EX', 'buffered', 4096), 'A: done 4096'],
    ],
    [
      'a lockless try that falls through',
      ['A: read F', 'A: attempt generic -11', ...lockedTry('SH', 'generic', 4096), 'A: done 4096'],
    ],
    ['a fault in user mode', ['A: fault F user', 'A: nq SH F', 'A: = 0', 'A: dq SH F', 'A: faulted']],
    [
      'a call that failed for good',
      ['A: read F', ...lockedTry('SH', 'generic', -14), ...faultIn('F', 4096), 'A: done -14'],
    ],
  ])('%s', (_, statements) => {
    expect(retries(play(...statements).outcomes)).toEqual([]);
  });
});

test('page_mkwrite inside a read is counted, apart from one under the glock', () => {
  const outside = play(
    'A: read F',
    'A: faultin writeable 4096',
    'A: mkwrite F',
    'A: mkwritten',
    'A: faultedin 0',
    'A: done 0',
  );
  expect(outside.session.questions.view).toMatchObject({
    mkwriteInRead: 1,
    mkwriteInWrite: 0,
    mkwriteInIoUnderGlock: 0,
  });
  const under = play('A: read F', 'A: nq SH F', 'A: = 0', 'A: mkwrite G', 'A: mkwritten');
  expect(under.session.questions.view).toMatchObject({ mkwriteInRead: 0, mkwriteInIoUnderGlock: 1 });
});

test('VM_FAULT_SIGBUS is counted by who touched the memory', () => {
  expect(
    play('A: fault F user', 'A: faulted 2', 'A: fault F kernel', 'A: faulted 2').session.questions.view,
  ).toMatchObject({ sigbusUser: 1, sigbusKernel: 1 });
});
