import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commText } from '../../../agent/model/comm.ts';
import { maxTasks } from '../../../agent/model/model.ts';
import { bytes, line } from '../../lines.ts';
import { play, playText, Scene } from '../../scene.ts';

describe('a task’s stack', () => {
  test('holds its I/O call, its holders and its faults in the order in which they were entered', () => {
    expect(play('A: read F', 'A: nq SH F', 'A: = 0', 'A: fault F', 'A: nq SH F').stacks).toEqual([
      'A  read F > gfs2_fault F > SH? F',
    ]);
    expect(play('A: read F', 'A: nq DF F', 'A: = 0', 'A: fault G', 'A: nq SH G').stacks).toEqual([
      'A  read F > DF F > gfs2_fault G > SH? G',
    ]);
  });

  test('is empty again after the sequence of a read on 6.1: fail under SH, unlock, fault in, lock again', () => {
    const played = play(
      'A: read F 16384',
      'A: nq SH F',
      'A: = 0',
      'A: attempt generic -14',
      'A: dq SH F',
      'A: faultin writeable 16384',
      'A: fault F',
      'A: nq SH F',
      'A: = 0',
      'A: dq SH F',
      'A: faulted',
      'A: mkwrite F',
      'A: nq EX F',
      'A: = 0',
      'A: dq EX F',
      'A: mkwritten',
      'A: faultedin 0',
      'A: nq SH F',
      'A: = 0',
      'A: attempt generic 16384',
      'A: dq SH F',
      'A: done 16384',
    );
    expect(played.stacks).toEqual([]);
    expect(played.session.tally).toMatchObject({ acquisitions: 4, releases: 4, faults: 1, mkwrites: 1, repairs: 0 });
  });

  test('lets a holder go that is not the innermost: gfs2_rename and quotas release in any order', () => {
    expect(play('A: nq EX F', 'A: = 0', 'A: nq EX G', 'A: = 0', 'A: dq EX F').stacks).toEqual(['A  EX G']);
  });

  test('keeps a holder that another task releases on the stack of its owner until then', () => {
    const scene = new Scene().say('A: nq EX F').say('A: = 0');
    expect(playText(scene.text).stacks).toEqual(['A  EX F']);
    const release = scene.text.split('\n')[0]?.split(' ')[5] ?? '';
    const byOther = line('release', { seq: 3, ns: 1_000_000_009_000, tid: 99 }, { holder: release });
    expect(playText(scene.text + byOther).stacks).toEqual([]);
  });

  test('loses a refused trylock: 13 is GLR_TRYFAILED, and nothing was queued', () => {
    expect(play('A: nq SH F 2 1', 'A: = 13').stacks).toEqual([]);
  });

  test('shows an asynchronous request as queued, not as granted', () => {
    expect(play('A: nq EX F 2 64', 'A: = 0').stacks).toEqual(['A  EX~ F']);
  });

  test.each(['1', '5', '6', '9'])(
    'never shows a holder of type %s, which belongs to a mount, an inode or a file',
    (type) => {
      expect(play(`A: nq SH F ${type}`, 'A: = 0', 'A: nq SH F', 'A: = 0').stacks).toEqual(['A  SH F']);
    },
  );

  test('never shows a holder with GL_NOPID', () => {
    expect(play('A: nq SH F 2 512', 'A: = 0').stacks).toEqual([]);
  });

  test('pairs an answer with the request it is for, though an iopen request without a place on the stack came between', () => {
    expect(play('A: nq SH F', 'A: nq SH G 5', 'A: = -5', 'A: = 0').stacks).toEqual(['A  SH F']);
  });

  test('takes one holder address as one holder when it is dequeued and queued again in another mode', () => {
    const text = play('A: nq SH F', 'A: = 0').session;
    expect(text.model.tasks.size).toBe(1);
    const scene = new Scene().say('A: nq SH F').say('A: = 0');
    const holder = scene.text.split('\n')[0]?.split(' ')[5] ?? '';
    const again = line(
      'request',
      { seq: 3, ns: 1_000_000_009_000, tid: 65 },
      { holder, glock: 'ff202133', dev: 7 << 20, type: 2, number: '2133', state: 1 },
    );
    expect(playText(scene.text + again).stacks).toEqual(['A  EX? 2133'.replace('2133', 'F')]);
  });

  test('knows a look for resident pages under the glock from a fault-in', () => {
    expect(play('A: write F', 'A: faultin readable 65536').stacks).toEqual(['A  write F > fault-in 65536']);
    expect(play('A: write F', 'A: nq EX F', 'A: = 0', 'A: faultin readable 4096').stacks).toEqual([
      'A  write F > EX F > check',
    ]);
  });

  test('goes when the task ends, BUG() or not', () => {
    expect(play('A: read F', 'A: nq SH F', 'A: exits').stacks).toEqual([]);
  });
});

describe('attached in the middle', () => {
  test('returns and releases without a beginning change nothing', () => {
    const played = play(
      'A: = 0',
      'A: dq SH F',
      'A: faulted',
      'A: mkwritten',
      'A: done 5',
      'A: faultedin 0',
      'A: attempt generic 3',
    );
    expect(played.stacks).toEqual([]);
    expect(played.session.tally).toMatchObject({ acquisitions: 0, releases: 0, repairs: 0 });
  });
});

describe('an answer that the kernel skipped', () => {
  test('is inferred when the task releases the holder: gfs2_quotad on 6.1 did so with no record lost', () => {
    const { session, stacks } = play('A: nq EX F 2 1024', 'A: dq EX F');
    expect(stacks).toEqual([]);
    expect(session.tally).toMatchObject({ acquisitions: 1, releases: 1 });
    expect(session.model.missed).toBe(1);
  });

  test('is inferred when the task goes on to its attempt, which then has its mode', () => {
    const { session } = play('A: read F', 'A: nq SH F', 'A: attempt generic 4096');
    expect(
      session.model.tasks.get(65)?.frames.map((frame) => (frame.kind === 'holder' ? frame.phase : frame.kind)),
    ).toEqual(['io', 'granted']);
    expect(session.model.missed).toBe(1);
  });

  test('is not inferred from the dequeue of a refused request where grants are seen', () => {
    const scene = new Scene()
      .say('A: nq SH F')
      .say('A: = 0')
      .say('A: dq SH F')
      .say('A: nq EX G 2 1')
      .say('A: dq EX G')
      .say('A: = 13');
    const grant = scene.text.split('\n')[0]?.split(' ')[5] ?? '';
    const lines = scene.text.split('\n');
    const text = [
      ...lines.slice(0, 1),
      `G 0 2 e8d4a513e9 41 ${grant}`,
      ...lines
        .slice(1)
        .map((one) =>
          one.replace(
            /^(\w) 0 (\w+)/,
            (_, letter, seq) => `${letter} 0 ${(Number.parseInt(seq, 16) + 1).toString(16)}`,
          ),
        ),
    ].join('\n');
    const { session } = playText(text);
    expect(session.tally).toMatchObject({ acquisitions: 1, refusals: 1 });
    expect(session.model.missed).toBe(0);
  });

  test('is not called missed when it was only late', () => {
    const { session } = play('A: read F', 'A: nq SH F', 'A: attempt generic 4096', 'A: = 0');
    expect(session.model.missed).toBe(0);
    expect(session.tally.acquisitions).toBe(1);
  });
});

describe('loss', () => {
  test('makes every stack that holds something unsure', () => {
    expect(play('A: nq EX F', 'A: = 0', 'lost 3', 'B: nq SH G').stacks).toEqual(['A?  EX F', 'B  SH? G']);
  });

  test('is mended when the task enters a system call, where it can hold nothing', () => {
    expect(play('A: nq EX F', 'A: = 0', 'lost 1', 'B: is b', 'A: read G').stacks).toEqual(['A  read G']);
  });

  test('of a release inside a call is mended when the call ends', () => {
    expect(play('A: read F', 'A: nq SH F', 'A: = 0', 'lost 1', 'A: done 4096').stacks).toEqual([]);
  });
});

test('what begins after the last heartbeat is cut short at the end: its probes were being taken away', () => {
  const scene = new Scene().say('A: nq EX F').say('A: = 0');
  const beat = line('heartbeat', { seq: 2, ns: 1_000_000_003_000, tid: 0 });
  const late = line(
    'request',
    { seq: 3, ns: 1_000_000_900_000, tid: 66 },
    { holder: 'ff10', glock: 'ff20', dev: 7 << 20, type: 2, number: '2174', state: 1 },
  );
  const text = `${scene.text}${beat}${late}${line('final', { seq: 3, ns: 1_000_001_000_000, tid: 0 })}`;
  expect(playText(text).stacks).toEqual(['A  EX F']);
  expect(playText(text).session.model.cutShort).toBe(1);
});

test('the number of tasks kept is bounded', () => {
  let text = '';
  for (let at = 1; at <= maxTasks + 50; at++) text += line('io', { seq: at, ns: at, tid: at }, { lengthBytes: 1 });
  expect(playText(text).session.model.tasks.size).toBe(maxTasks);
});

test('a comm keeps spaces and any bytes: "kworker/u4:1 x", "slé ep", a newline is shown as U+FFFD', () => {
  const halves = (name: string): [string, string] => {
    const all = new Uint8Array(16);
    all.set(bytes(name).subarray(0, 15));
    const view = new DataView(all.buffer);
    return [view.getBigUint64(0, true).toString(16), view.getBigUint64(8, true).toString(16)];
  };
  for (const name of ['kworker/u4:1 x', 'slé ep', 'a', '']) expect(commText(...halves(name))).toBe(name);
  expect(commText(...halves('a\nb\u001b['))).toBe('a\u{FFFD}b\u{FFFD}[');
});

test('any records in any order never throw, and bounded stacks stay bounded', () => {
  const verbs = [
    'read F',
    'write G',
    'done 4096',
    'nq SH F',
    'nq EX F',
    'nq EX G',
    'nq SH H 5',
    '= 0',
    '= 13',
    '= -5',
    'dq SH F',
    'dq EX F',
    'dq EX G',
    'fault F',
    'faulted',
    'mkwrite F user',
    'mkwritten',
    'attempt generic -14',
    'attempt dio 4096',
    'faultin writeable 4096',
    'faultedin 0',
    'exits',
  ];
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('A', 'B', 'C'), fc.constantFrom(...verbs)), { maxLength: 80 }),
      (steps) => {
        const played = play(...steps.map(([task, verb]) => `${task}: ${verb}`));
        // A holder is on one stack at most, and once.
        const holders = [...played.session.model.tasks.values()].flatMap((task) =>
          task.frames.flatMap((frame) => (frame.kind === 'holder' ? [frame.holder] : [])),
        );
        expect(new Set(holders).size).toBe(holders.length);
      },
    ),
    { numRuns: 400 },
  );
});
