import { afterAll, describe, expect, test } from 'vitest';
import { main } from '../../../agent/cli/main.ts';
import { version } from '../../../agent/cli/version.ts';
import { deadlock, Folder, pictures, recordingText, retriedRead } from '../recording/small-recording.ts';
import { type Captured, captured } from './captured.ts';

const folder = new Folder();
afterAll(() => folder.remove());

const run = (...argv: string[]): Promise<Captured<number>> => captured(() => main(argv));
const good = folder.put('good', recordingText(pictures(...retriedRead, ...deadlock)));
const lossy = folder.put('lossy', recordingText(pictures('A: read F', 'lost 3', 'A: done 4096')));

describe('help', () => {
  test('lists the commands on stdout, and is no error', async () => {
    const { result, out, err } = await run('--help');
    expect([result, err]).toEqual([0, '']);
    for (const command of ['start', 'attach', 'record', 'replay'])
      expect(out).toMatch(new RegExp(`^  ${command} `, 'm'));
  });

  test('of a command tells its options', async () => {
    const { result, out } = await run('replay', '--help');
    expect(result).toBe(0);
    for (const option of ['--no-page', '--speed', '--loop', '--fail-on', '--max-loss', '--json'])
      expect(out).toContain(option);
  });

  test('tells the version of the package', async () => {
    expect(await run('--version')).toEqual({ result: 0, out: `${version}\n`, err: '' });
  });
});

describe('a usage error', () => {
  test.each<[string, string[], RegExp]>([
    ['an option that is none', ['attach', '--prot', '1'], /unknown option '--prot'[\s\S]*--port/],
    ['a port that is no number', ['attach', '--port', 'http'], /A port is a number from 0 to 65535/],
    ['a port that is too high', ['replay', '--port', '65536', good], /A port is a number/],
    ['a negative port', ['start', '--port=-1'], /A port is a number/],
    ['a fraction of a port', ['record', '-o', 'x', '-p', '1.5'], /A port is a number/],
    ['no recording to replay', ['replay'], /missing required argument 'files'/],
    ['nowhere to record to', ['record', 'local'], /required option '-o, --output <file>'/],
    ['two targets to record', ['record', '-o', 'x', 'local', 'local'], /too many arguments/],
    ['a severity that is none', ['replay', '--fail-on', 'bad', good], /Allowed choices are fatal, critical/],
    ['a loss that is no number', ['replay', '--max-loss', '', good], /A number of records/],
    ['a negative loss', ['replay', '--max-loss=-1', good], /A number of records/],
    ['a speed of 0', ['replay', '--speed', '0', good], /A number above 0/],
    ['a speed without end', ['replay', '--speed', 'Infinity', good], /A number above 0/],
    ['a duration that is no number', ['attach', '-d', 'soon'], /A number above 0/],
    ['a duration longer than a timer can wait', ['attach', '-d', '2147484'], /At most 2147483/],
    ['a target that is no address', ['attach', '--no-page', 'http://node1'], /http:\/\/node1[\s\S]*What to do: /],
    ['a target named twice', ['attach', '--no-page', 'local', 'local'], /is named twice[\s\S]*What to do: /],
  ])('is %s: exit code 2, the reason on stderr, nothing on stdout', async (_, argv, message) => {
    const { result, out, err } = await run(...argv);
    expect(err).toMatch(message);
    expect([result, out]).toEqual([2, '']);
  });

  test.each([[['replya', good]], [['start', 'local']], [['--port', '0', 'atach']]])(
    'is a command that does not exist: %j',
    async (argv) => {
      const { result, out, err } = await run(...argv);
      expect([result, out]).toEqual([2, '']);
      expect(err).toMatch(/^error: unknown command '(replya|local|atach)' \(see glockscope --help\)\n$/);
    },
  );
});

describe('replay', () => {
  test('--json gives the same bytes each time: outcomes, then the sums, a line each', async () => {
    const [first, second] = [await run('replay', '--json', good), await run('replay', '--json', good)];
    expect(second).toEqual(first);
    expect([first.result, first.err]).toEqual([0, '']);
    const lines = first.out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).kind)).toEqual(['retry', 'finding', 'summary']);
  });

  test('--no-page gives text', async () => {
    const { result, out } = await run('replay', '--no-page', good);
    expect(result).toBe(0);
    expect(out).toMatch(/ retry {2}dd \[65\]/);
    expect(out).toMatch(/ FATAL {2}incompatible-acquire/);
    expect(out).toMatch(/^node1: 20 records;/m);
  });

  test('of several goes through all, under names of their own', async () => {
    const { out } = await run('replay', '--json', good, good);
    const sums = out.split('\n').filter((line) => line.startsWith('{"kind":"summary"'));
    expect(sums.map((line) => JSON.parse(line).node)).toEqual(['node1', 'node1 (2)']);
  });

  test.each<[string, string[], number]>([
    ['a finding that was asked to fail', ['--fail-on', 'warning', good], 1],
    ['no finding', ['--fail-on', 'information', lossy], 0],
    ['more loss than allowed', ['--max-loss', '2', lossy], 4],
    ['as much loss as allowed', ['--max-loss', '3', lossy], 0],
    ['a loss in one of two', ['--max-loss', '0', good, lossy], 4],
  ])('of %s exits with that', async (_, argv, code) => {
    expect((await run('replay', '--json', ...argv)).result).toBe(code);
  });

  test.each([
    ['a file that is missing', folder.at('missing')],
    ['a folder', folder.path],
    ['a file that is something else', folder.put('else', 'hello\n')],
    ['a header that is cut off', folder.put('cut', recordingText('').slice(0, 50))],
    ['a device that is empty', '/dev/null'],
  ])('of %s exits with 3, cause and remedy on stderr, nothing on stdout', async (_, path) => {
    const { result, out, err } = await run('replay', '--json', path);
    expect([result, out]).toEqual([3, '']);
    expect(err).toMatch(/^glockscope: .+ is no readable recording: .+\n {2}What to do: .+\n$/);
    expect(err).toContain(path);
  });

  test('looks at all files before it prints of any', async () => {
    const { result, out } = await run('replay', '--json', good, folder.at('missing'));
    expect([result, out]).toEqual([3, '']);
  });
});

test('a lab guest that does not run is not attached to: exit code 3', async () => {
  const { result, err } = await run('attach', '--no-page', 'lab:nowhere');
  expect(result).toBe(3);
  expect(err).toMatch(/no lab guest nowhere runs here[\s\S]*What to do: .*npm run lab/);
});

test('a command leaves no signal handler behind', async () => {
  const before = process.listenerCount('SIGINT');
  await run('replay', '--json', good);
  expect(process.listenerCount('SIGINT')).toBe(before);
});
