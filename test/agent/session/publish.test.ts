import { describe, expect, test } from 'vitest';
import { type HostStatus, Publisher } from '../../../agent/session/publish.ts';
import { Session } from '../../../agent/session/session.ts';
import { applyUpdate, type Delta, emptyState, isEmptyDelta } from '../../../agent/wire/state.ts';
import { bytes, line } from '../../lines.ts';
import { Scene } from '../../scene.ts';

const status: HostStatus = {
  node: 'node1',
  target: 'local',
  phase: 'live',
  kernel: '6.1',
  bpftrace: '0.17.0',
  fileSystems: [],
  coverage: [],
  problem: null,
  epochUnixMs: null,
  playing: null,
};

/** A publisher whose host is told in pictures, one tick after the other. */
class Stage {
  session = newSession();
  readonly publisher = new Publisher(this.session, status);
  readonly #scene = new Scene();
  #said = 0;

  /** What is due comes at once: a heartbeat, a second later. */
  tick(...statements: string[]): Delta {
    for (const statement of statements) this.#scene.say(statement);
    this.feed(this.#scene.text.slice(this.#said));
    this.#said = this.#scene.text.length;
    return this.publisher.take();
  }

  feed(text: string): void {
    const { session } = this;
    for (const outcome of [...session.push(bytes(text)), ...session.end()]) this.publisher.note(outcome);
  }

  startOver(): void {
    this.session = newSession();
    this.publisher.restart(this.session);
  }
}
const newSession = (): Session => new Session({ node: 'node1', symbolize: (address) => address });

/** `65 read > SH?`, or `65 idle`. */
const shown = (delta: Delta): string[] => [
  ...delta.tasks.map((task) => `${task.tid} ${task.frames.map((frame) => frame.kind).join(' > ')}`),
  ...delta.idle.map((task) => `${task.tid} idle`),
];

describe('a tick', () => {
  test('gives each change once', () => {
    const stage = new Stage();
    const first = stage.tick('A: is dd', 'A: read F', 'A: nq EX F', 'A: = 0', 'A: fault F', 'A: nq SH F');
    expect(first.hosts).toHaveLength(1);
    expect(first.findings).toHaveLength(1);
    expect(shown(first)).toEqual(['65 io > holder > fault > holder']);
    expect(isEmptyDelta(stage.tick())).toBe(true);
  });

  test('gives a host again when something of it changed, and only then', () => {
    const stage = new Stage();
    stage.tick();
    expect(stage.tick().hosts).toEqual([]);
    stage.publisher.report({ phase: 'stopped' });
    expect(stage.tick().hosts).toMatchObject([{ phase: 'stopped', records: 0 }]);
    expect(stage.tick('A: read F').hosts).toMatchObject([{ phase: 'stopped', records: 1 }]);
  });

  test('shows a task that came and went within it: what it was doing, and that it is idle', () => {
    const stage = new Stage();
    const delta = stage.tick('A: read F', 'A: nq SH F', 'A: = 0', 'A: dq SH F', 'A: done 4096');
    expect(shown(delta)).toEqual(['65 io > holder', '65 idle']);
    expect(applyUpdate(emptyState(), delta).tasks.size).toBe(0);
  });

  test('shows the deepest stack of a task that is idle at its end, but the present one of a task that is not', () => {
    const stage = new Stage();
    expect(shown(stage.tick('A: read F', 'A: nq SH F', 'A: = 0', 'A: dq SH F'))).toEqual(['65 io']);
    expect(shown(stage.tick('A: nq SH F', 'A: = 0', 'A: dq SH F', 'A: done 4096'))).toEqual([
      '65 io > holder',
      '65 idle',
    ]);
  });

  test('keeps a thread that exits and then takes glocks while it closes its files', () => {
    const stage = new Stage();
    const delta = stage.tick('A: read F', 'A: done 1', 'A: exits', 'A: nq EX G');
    expect(delta.idle).toEqual([]);
    const { tasks } = applyUpdate(emptyState(), delta);
    expect([...tasks.values()].map((task) => task.frames.map((frame) => frame.kind))).toEqual([['holder']]);
    expect(shown(stage.tick('A: = 0', 'A: dq EX G'))).toEqual(['65 holder', '65 idle']);
  });

  test('shows a stack again when lost records made it unsure, though nothing of it changed', () => {
    const stage = new Stage();
    expect(stage.tick('A: nq EX F', 'A: = 0').tasks).toMatchObject([{ tid: 65, unsure: false }]);
    const delta = stage.tick('lost 3', 'B: read G');
    expect(delta.tasks).toMatchObject([
      { tid: 65, unsure: true },
      { tid: 66, unsure: false },
    ]);
    expect(delta.hosts).toMatchObject([{ loss: { gap: 3 } }]);
  });

  test('gives a finding as it stands at its end, with all its sightings', () => {
    const stage = new Stage();
    const again = ['A: nq EX F', 'A: = 0', 'A: nq SH F', 'A: = 13', 'A: dq EX F'];
    expect(stage.tick(...again, ...again).findings).toMatchObject([{ id: 1, count: 2 }]);
    expect(stage.tick(...again).findings).toMatchObject([{ id: 1, count: 3 }]);
  });

  test('gives the newest retries of a storm, and counts all', () => {
    const stage = new Stage();
    const retry = ['A: read F', 'A: attempt generic -14', 'A: faultin writeable 1', 'A: faultedin 0'];
    const storm = Array.from({ length: 150 }, () => [...retry, 'A: attempt generic 4096', 'A: done 4096']).flat();
    stage.session.ready = true;
    const delta = stage.tick(...storm);
    expect(delta.retries.map((one) => one.id)).toEqual(Array.from({ length: 100 }, (_, at) => at + 51));
    expect(delta.rates.reduce((sum, sample) => sum + sample.retries, 0)).toBe(150);
  });

  test('gives no rates before all probes are attached: there is nothing yet to be zero', () => {
    const stage = new Stage();
    expect(stage.tick().rates).toEqual([]);
    stage.feed(line('ready', { seq: 0, ns: 1e12 }));
    expect(stage.tick().rates).toMatchObject([{ second: 0, acquisitions: 0 }]);
  });
});

describe('a recording that starts over', () => {
  test('takes away all that was shown of its node, once', () => {
    const stage = new Stage();
    const before = applyUpdate(emptyState(), stage.tick('A: nq EX F', 'A: = 0', 'A: nq SH F'));
    expect([before.tasks.size, before.findings.size]).toEqual([1, 1]);
    stage.startOver();
    const delta = stage.tick();
    expect(delta.restarted).toEqual(['node1']);
    const after = applyUpdate(before, delta);
    expect([after.tasks.size, after.findings.size, after.retries.size, after.hosts.size]).toEqual([0, 0, 0, 1]);
    expect(stage.tick().restarted).toEqual([]);
  });

  test('forgets what was noted and not yet taken', () => {
    const stage = new Stage();
    stage.tick();
    const scene = new Scene().say('A: nq EX F').say('A: = 0').say('A: nq SH F');
    stage.feed(scene.text);
    stage.startOver();
    const delta = stage.tick();
    expect([delta.findings, delta.tasks, delta.idle]).toEqual([[], [], []]);
  });
});
