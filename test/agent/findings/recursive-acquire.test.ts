import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../../agent/session/session.ts';
import { play, playText, Scene } from '../../scene.ts';

const findings = (outcomes: readonly Outcome[]) =>
  outcomes.flatMap((one) => (one.kind === 'finding' ? [one.finding] : []));
const kinds = (outcomes: readonly Outcome[]): string[] =>
  findings(outcomes).map((finding) => `${finding.severity} ${finding.kind}`);

describe('a thread that asks for a glock it already has', () => {
  test('is told at the request, though gfs2_glock_nq never returns', () => {
    const [finding] = findings(
      play('A: is wl', 'A: read F', 'A: nq EX F', 'A: = 0', 'A: fault F', 'A: nq SH F').outcomes,
    );
    expect(finding).toMatchObject({
      kind: 'incompatible-acquire',
      severity: 'fatal',
      tid: 65,
      comm: 'wl',
      glock: '7:0 2/2133',
      unsure: false,
      count: 1,
      title: 'wl [65] takes glock 2/2133 again in a mode that its own hold excludes (EX held, SH wanted)',
    });
    expect(finding?.stack.map((frame) => frame.kind)).toEqual(['io', 'holder', 'fault', 'holder']);
  });

  test('is as fatal with compatible modes: SH under SH is a BUG() too', () => {
    const scene = new Scene().say('A: nq SH F').say('A: = 0');
    const second =
      scene.text.split('\n')[0]?.replace(/^N 0 1 \S+ 41 \S+/, 'N 0 3 e8d4a53d91 41 ff4cee36deadbee8') ?? '';
    expect(kinds(playText(`${scene.text}${second}\n`).outcomes)).toEqual(['fatal recursive-acquire']);
  });

  test('is told while the first request still waits', () => {
    expect(kinds(play('A: nq EX F', 'A: fault F', 'A: nq SH F').outcomes)).toEqual(['fatal incompatible-acquire']);
  });

  test('is counted once for the same root: same glock, same two call sites', () => {
    const again = ['A: nq EX F', 'A: = 0', 'A: nq SH F', 'A: = 13', 'A: dq EX F'];
    expect(findings(play(...again, ...again, ...again).outcomes).map((finding) => finding.count)).toEqual([1, 2, 3]);
  });
});

describe('no false alarm', () => {
  test.each([
    ['another glock', ['A: nq EX F', 'A: = 0', 'A: nq EX G']],
    ['another thread', ['A: nq EX F', 'A: = 0', 'B: nq EX F']],
    ['after the release', ['A: nq EX F', 'A: = 0', 'A: dq EX F', 'A: nq SH F']],
    ['flock twice by one process', ['A: nq EX F 6', 'A: = 0', 'A: nq SH F 6']],
    ['iopen of the inode whose glock is held', ['A: nq EX F', 'A: = 0', 'A: nq SH F 5']],
    ['a refused trylock before', ['A: nq EX F 2 1', 'A: = 13', 'A: nq SH F']],
  ])('%s', (_, statements) => {
    expect(kinds(play(...statements).outcomes)).toEqual([]);
  });

  test('nothing fatal rests on a gap: the release may be among the lost', () => {
    expect(kinds(play('A: nq EX F', 'A: = 0', 'lost 1', 'B: is b', 'A: nq SH F').outcomes)).toEqual([
      'warning incompatible-acquire',
    ]);
  });
});

test('records removed at random never give a fatal verdict that the whole stream does not have', () => {
  // A healthy task: locks and unlocks properly nested and in turn, never one glock twice.
  const round = fc.constantFrom(
    ['nq SH F', '= 0', 'dq SH F'],
    ['nq EX F', '= 0', 'nq EX G', '= 0', 'dq EX G', 'dq EX F'],
    [
      'read F',
      'nq SH F',
      '= 0',
      'attempt generic -14',
      'dq SH F',
      'faultin writeable 4096',
      'fault F',
      'nq SH F',
      '= 0',
      'dq SH F',
      'faulted',
      'faultedin 0',
      'nq SH F',
      '= 0',
      'attempt generic 4096',
      'dq SH F',
      'done 4096',
    ],
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('A', 'B'), round), { maxLength: 20 }),
      fc.array(fc.nat(999), { maxLength: 12 }),
      (rounds, removed) => {
        const scene = new Scene();
        for (const [task, verbs] of rounds) for (const verb of verbs) scene.say(`${task}: ${verb}`);
        const lines = scene.text.split('\n').filter((line) => line !== '');
        const gone = new Set(removed.map((at) => at % Math.max(1, lines.length)));
        const left = lines.filter((_, at) => !gone.has(at));
        expect(kinds(playText(lines.length === 0 ? '' : `${lines.join('\n')}\n`).outcomes)).toEqual([]);
        const verdicts = kinds(playText(left.length === 0 ? '' : `${left.join('\n')}\n`).outcomes);
        expect(verdicts.filter((kind) => kind.startsWith('fatal') || kind.startsWith('critical'))).toEqual([]);
      },
    ),
    { numRuns: 500 },
  );
});
