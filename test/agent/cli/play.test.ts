import { rmSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { Playing } from '../../../agent/cli/play.ts';
import { outcomeJson } from '../../../agent/cli/print.ts';
import { summarize } from '../../../agent/session/summary.ts';
import { line } from '../../lines.ts';
import { deadlock, Folder, pictures, recordingText, retriedRead } from '../recording/small-recording.ts';

const folder = new Folder();
afterAll(() => folder.remove());
const never = new AbortController().signal;
const text = pictures(...retriedRead, ...deadlock);

async function opened(name: string, content: string, taken?: ReadonlySet<string>): Promise<Playing> {
  const playing = await Playing.open(folder.put(name, content), taken);
  if ('kind' in playing) throw new Error(playing.cause);
  return playing;
}
async function heard(playing: Playing): Promise<string[]> {
  const said: string[] = [];
  await playing.run({ speed: 0, loop: false }, (outcome) => void said.push(outcomeJson(outcome)), never);
  return said;
}

describe('a recording on stage', () => {
  test('stands for the host on which it was made', async () => {
    const { publisher } = await opened('host', recordingText(text));
    expect(publisher.status).toMatchObject({
      node: 'node1',
      target: 'ssh://root@node1',
      phase: 'live',
      kernel: '6.1.0-50-amd64',
      bpftrace: '0.17.0',
      playing: { title: 'a read that retries — “größer”', round: 1 },
    });
  });

  test('knows its length before it plays', async () => {
    const playing = await opened('length', recordingText(text));
    expect(playing.lengthNs).toBe((text.split('\n').length - 2) * 1000);
    expect(playing.session.records).toBe(0);
  });

  test('is dated by the host’s clock, at its first record', async () => {
    const clock = { unixMs: 1_763_870_000_000, bootMs: 1000 };
    const second = line('exit', { seq: 1, ns: 5e9 });
    expect((await opened('dated', recordingText(second, { clock }))).publisher.status.epochUnixMs).toBe(
      1_763_870_004_000,
    );
    const undated = await opened('undated', recordingText(second, { clock: null, startedUnixMs: 7 }));
    expect(undated.publisher.status.epochUnixMs).toBe(7);
  });

  test('beside another one of the same host has a name of its own, also in what it says', async () => {
    const playing = await opened('second', recordingText(text), new Set(['node1', 'node1 (2)']));
    expect(playing.publisher.status.node).toBe('node1 (3)');
    for (const said of await heard(playing)) expect(said).toContain('"node":"node1 (3)"');
  });

  test('names what its symbols name', async () => {
    const said = await heard(await opened('symbols', recordingText(text)));
    expect(said.join()).toContain('gfs2_file_read_iter+0x');
  });
});

describe('playing', () => {
  test('says what the host said, and stops', async () => {
    const playing = await opened('once', recordingText(text));
    expect((await heard(playing)).map((one) => one.slice(0, 16))).toEqual(['{"kind":"retry",', '{"kind":"finding']);
    expect(playing.publisher.status).toMatchObject({ phase: 'stopped', problem: null });
    expect(summarize(playing.session)).toMatchObject({ records: 20, faults: 2 });
  });

  test('twice gives the same bytes', async () => {
    const content = recordingText(text);
    const [first, second] = [await opened('a', content), await opened('b', content)];
    expect(await heard(first)).toEqual(await heard(second));
    expect(JSON.stringify(summarize(first.session))).toBe(JSON.stringify(summarize(second.session)));
  });

  test('in a loop starts over with nothing left of the round before, and ends when it is told to', async () => {
    const stop = new AbortController();
    const playing = await opened('loop', recordingText(text));
    const warnings: string[] = [];
    const warn = (warning: Error): void => void warnings.push(warning.name);
    process.on('warning', warn);
    const rounds: number[] = [];
    await playing.run(
      { speed: 0, loop: true },
      (outcome) => {
        if (outcome.kind === 'finding') rounds.push(outcome.finding.count);
        if (rounds.length === 20) stop.abort();
      },
      stop.signal,
    );
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', warn);
    expect(rounds).toEqual(Array.from({ length: 20 }, () => 1));
    expect(playing.publisher.status).toMatchObject({ playing: { round: 20 } });
    expect(playing.publisher.take().restarted).toEqual(['node1']);
    expect(warnings, 'a listener left behind by each round').toEqual([]);
  });

  test('waits between rounds, and not when it is told to end', async () => {
    const stop = new AbortController();
    const playing = await opened('rest', recordingText(text));
    let findings = 0;
    const hourMs = 3_600_000;
    const played = playing.run(
      { speed: 0, loop: true, restMs: hourMs },
      (outcome) => {
        if (outcome.kind === 'finding') findings++;
        setTimeout(() => stop.abort(), 20);
      },
      stop.signal,
    );
    await played;
    expect(findings).toBe(1);
  });

  test('of a recording that was aborted before says nothing', async () => {
    const playing = await opened('aborted', recordingText(text));
    const said: string[] = [];
    await playing.run({ speed: 1, loop: true }, (outcome) => void said.push(outcome.kind), AbortSignal.abort());
    expect(said).toEqual([]);
  });

  test('of output that was cut off uses the last whole line and counts the rest', async () => {
    const playing = await opened('cut', recordingText(text.slice(0, -5)));
    await heard(playing);
    expect(summarize(playing.session)).toMatchObject({ records: 19, loss: { malformed: 1 } });
  });

  test('of no output at all is over at once', async () => {
    const playing = await opened('nothing', recordingText(''));
    expect([await heard(playing), playing.lengthNs]).toEqual([[], 0]);
  });

  test('of a file that has gone meanwhile says so on the page', async () => {
    const playing = await opened('gone', recordingText(text));
    rmSync(folder.at('gone'));
    const problem = await playing.run({ speed: 0, loop: false }, () => undefined, never);
    expect(problem).toMatchObject({ cause: expect.stringContaining('ENOENT'), remedy: expect.stringMatching(/./) });
    expect(playing.publisher.status).toMatchObject({ phase: 'failed', problem: { cause: problem?.cause } });
  });
});

test('a file that is none is unreadable, with cause and remedy', async () => {
  expect(await Playing.open(folder.put('none', 'hello'))).toMatchObject({ kind: 'unreadable' });
  expect(await Playing.open(folder.at('missing'))).toMatchObject({ kind: 'unreadable' });
});
