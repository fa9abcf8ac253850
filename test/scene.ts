/**
 * Pictures of what tasks do, as bpftrace lines: `A: read F 16384`, `A: nq SH F`, `A: = 0`, `A: fault F kernel`.
 * And the answer as a picture: `A  read F > SH F > gfs2_fault F > SH? F`. For tests only.
 */

import type { Frame } from '../agent/model/frames.ts';
import { type Outcome, Session } from '../agent/session/session.ts';
import { lockModeName, lockModes } from '../probes/kernel.ts';
import { bytes, type LineOptions, line } from './lines.ts';

/** Inode numbers of the files in pictures. */
const inodes: Readonly<Record<string, string>> = { F: '2133', G: '2174', H: '2200' };
const dev = (7 << 20) | 0;
const attempts = ['generic', 'dio', 'buffered'];

/** Turns statements into lines, one microsecond apart, on CPU 0. `lost N` loses N records. */
export class Scene {
  readonly #holders = new Map<string, string>();
  #seq = 0;
  #ns = 1_000_000_000_000;
  #text = '';

  get text(): string {
    return this.#text;
  }

  say(statement: string): this {
    const [, name = '', verb = '', rest = ''] = /^(\w+): (\S+) ?(.*)$/.exec(statement) ?? [];
    const lost = /^lost (\d+)$/.exec(statement)?.[1];
    if (lost !== undefined) {
      this.#seq += Number(lost);
      return this;
    }
    if (verb === '') throw new Error(`not a statement: ${statement}`);
    const [first = '', second = '', third = ''] = rest.split(' ');
    const tid = name.charCodeAt(0);
    const put = (record: Parameters<typeof line>[0], values: Parameters<typeof line>[2] = {}): this => {
      this.#seq++;
      this.#ns += 1000;
      const at: LineOptions = { seq: this.#seq, ns: this.#ns, tid };
      this.#text += line(record, at, values);
      return this;
    };
    const holder = (key: string): string => {
      const known =
        this.#holders.get(`${name} ${key}`) ?? `ff4cee368${(0x10000 + this.#holders.size * 8).toString(16)}`;
      this.#holders.set(`${name} ${key}`, known);
      return known;
    };
    const ino = inodes[first] ?? '1';
    switch (verb) {
      case 'is':
        return put('task', { tgid: tid, commLow: comm(first) });
      case 'read':
      case 'write':
        return put('io', {
          write: verb === 'write' ? 1 : 0,
          flags: third === 'direct' ? 1 << 17 : 0,
          dev,
          ino,
          lengthBytes: Number(second || 4096),
        });
      case 'done':
        return put('ioEnd', { result: Number(first) });
      case 'nq': {
        // nq MODE FILE [type] [flags]: the holder is named by mode and file
        const [mode = '', file = '', type = '2', flags = '0'] = rest.split(' ');
        const state = lockModes.indexOf(lockModes.find((one) => one === mode) ?? 'UN');
        const number = inodes[file] ?? '1';
        return put('request', {
          holder: holder(`${mode} ${file}`),
          glock: `ff${type}0${number}`,
          dev,
          type: Number(type),
          number,
          state,
          flags: Number(flags),
          caller: `ffffffffc000${mode === 'EX' ? '2000' : '1000'}`,
        });
      }
      case '=':
        return put('answer', { result: Number(first) });
      case 'dq':
        return put('release', { holder: holder(rest) });
      case 'fault':
      case 'mkwrite':
        return put(verb, { address: '7f05c67df000', flags: second === 'user' ? 0x55 : 0x15, dev, ino });
      case 'faulted':
        return put('faulted', { result: `0${first || '200'}`.replace(/^0+(?=.)/, '') });
      case 'mkwritten':
        return put('mkwritten', { result: first || '200' });
      case 'attempt':
        return put('attempt', { via: attempts.indexOf(first), result: Number(second) });
      case 'faultin':
        return put('faultIn', {
          writeable: first === 'writeable' ? 1 : 0,
          address: '7f05c67df000',
          lengthBytes: Number(second),
        });
      case 'faultedin':
        return put('faultInEnd', { leftBytes: Number(first || 0) });
      case 'exits':
        return put('exit');
      default:
        throw new Error(`not a statement: ${statement}`);
    }
  }
}

/** What came of a picture. */
export interface Played {
  readonly session: Session;
  readonly outcomes: readonly Outcome[];
  /** One line a task that has something on its stack. */
  readonly stacks: readonly string[];
}

export function play(...statements: string[]): Played {
  const scene = new Scene();
  for (const statement of statements) scene.say(statement);
  return playText(scene.text);
}

export function playText(text: string): Played {
  const session = new Session({ node: 'test', symbolize: (address) => address });
  const outcomes = [...session.push(bytes(text)), ...session.end()];
  const stacks = [...session.model.tasks.values()]
    .filter((task) => task.frames.length > 0)
    .map(
      (task) => `${String.fromCharCode(task.tid)}${task.unsure ? '?' : ''}  ${task.frames.map(frameName).join(' > ')}`,
    );
  return { session, outcomes, stacks };
}

function frameName(frame: Frame): string {
  const file = (ino: string): string => Object.keys(inodes).find((key) => inodes[key] === ino) ?? ino;
  switch (frame.kind) {
    case 'io':
      return `${frame.direct ? 'direct ' : ''}${frame.op} ${file(frame.file.ino)}`;
    case 'holder':
      return `${lockModeName(frame.state)}${frame.phase === 'granted' ? '' : frame.phase === 'queued' ? '~' : '?'} ${file(frame.file.ino)}`;
    case 'fault':
      return `${frame.handler} ${file(frame.file.ino)}`;
    case 'fault-in':
      return frame.residencyCheck ? 'check' : `fault-in ${frame.lengthBytes}`;
    default:
      return frame satisfies never;
  }
}

const comm = (name: string): string => {
  const low = new Uint8Array(8);
  low.set(bytes(name).subarray(0, 8));
  return new DataView(low.buffer).getBigUint64(0, true).toString(16);
};
