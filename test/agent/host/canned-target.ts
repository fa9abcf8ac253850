// A host whose answers are given beforehand: for tests of what is made of answers, not of hosts.

import type { Ran, Target } from '../../../agent/target/target.ts';

/** What the host answers to the survey and to a reading of each BTF file. */
export interface Answers {
  readonly survey: Ran;
  readonly vmlinux?: Ran;
  readonly gfs2?: Ran;
}

export interface CannedTarget extends Target {
  /** What was asked for, in order. */
  readonly asked: string[];
}

export function cannedTarget(answers: Answers): CannedTarget {
  const asked: string[] = [];
  return {
    name: 'ssh://root@node1',
    asked,
    run: (argv) => {
      const path = argv.at(-1) ?? '';
      const part = path === '/sys/kernel/btf/vmlinux' ? 'vmlinux' : path === '/sys/kernel/btf/gfs2' ? 'gfs2' : 'survey';
      asked.push(part);
      return Promise.resolve(answers[part] ?? exited('', 1, `${path}: no answer was given beforehand`));
    },
    stream: () => {
      throw new Error('nothing is streamed while a host is looked at');
    },
  };
}

export function exited(stdout: string | Uint8Array, code = 0, stderr = ''): Ran {
  const bytes = typeof stdout === 'string' ? new TextEncoder().encode(stdout) : stdout;
  return { kind: 'exited', code, stdout: bytes, text: new TextDecoder().decode(bytes), stderr };
}
