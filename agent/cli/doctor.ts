/** `glockscope doctor`: looks at a host, tries to attach, and prints ticked lines. I/O. */
import type { Check, CheckState } from '../host/check.ts';
import { diagnose, trialCheck, wouldAttach } from '../host/doctor.ts';
import { type Examined, examine, type Unreached } from '../host/doctor-facts.ts';
import { type Trial, tryAttach } from '../host/trial.ts';
import { parseAddress } from '../target/address.ts';
import { openTarget } from '../target/open.ts';
import type { Target } from '../target/target.ts';
import { type ExitCode, exitCode, showFailure } from './exit.ts';
import { cacheFolder } from './paths.ts';
import { note, print } from './say.ts';

export interface DoctorOptions {
  readonly target: string;
  readonly sshConfig?: string;
  readonly json: boolean;
  /** Start the real program for a moment. */
  readonly trial: boolean;
}

/** stdout has the checks alone; what goes on meanwhile is said on stderr. */
export async function doctor(options: DoctorOptions, interrupt: AbortSignal): Promise<ExitCode> {
  const { sshConfig, json } = options;
  const address = parseAddress(options.target);
  if (address.kind === 'invalid') {
    note(showFailure(address));
    return exitCode.usage;
  }
  const target = await openTarget(address, { cacheFolder, ...(sshConfig === undefined ? {} : { sshConfig }) });
  note(`glockscope: looks at ${options.target}`);
  const facts: Unreached | Examined =
    'kind' in target ? { ...target, kind: 'unreached' } : await examine(target, cacheFolder);
  const looked = diagnose(facts);
  if (!json) for (const check of looked) print(checkText(check));
  const last = trialCheck('kind' in target ? notReached : await tried(target, facts, options, interrupt));
  const checks = [...looked, last];
  print(json ? JSON.stringify(checks, null, 2) : [checkText(last), '', verdictText(checks)].join('\n'));
  if (interrupt.aborted) return exitCode.interrupted;
  return wouldAttach(checks) ? exitCode.clean : exitCode.preflight;
}

const notReached: Trial = { kind: 'not-tried', why: 'the host was not reached' };

async function tried(
  target: Target,
  facts: Unreached | Examined,
  { trial }: DoctorOptions,
  interrupt: AbortSignal,
): Promise<Trial> {
  if (facts.kind === 'unreached') return notReached;
  if (facts.found.kind === 'not-served') return { kind: 'not-tried', why: 'there is no program to try' };
  if (!trial) return { kind: 'not-tried', why: 'left out by --no-trial: only a real attach shows that it works' };
  note('glockscope: starts the real program there for a moment');
  const waiting = (sinceMs: number): void => note(`glockscope: still attaching after ${(sinceMs / 1000).toFixed(0)} s`);
  return tryAttach(target, facts.found, { waiting, interrupt });
}

const marks: Readonly<Record<CheckState, string>> = {
  ok: '✔ ok       ',
  warning: '! warning  ',
  failed: '✘ failed   ',
  'not-tried': '– not tried',
};

/** A check for a terminal: mark, word and name, what was found, and below it what to do. */
export function checkText({ name, state, detail, remedy }: Check): string {
  const head = `${marks[state]}  ${name}: ${detail}`;
  return remedy === null ? head : `${head}\n${' '.repeat(13)}What to do: ${remedy}`;
}

export function verdictText(checks: readonly Check[]): string {
  const count = (state: CheckState): number => checks.filter((check) => check.state === state).length;
  const warnings = count('warning') === 0 ? '' : `, with ${times(count('warning'), 'warning')}`;
  if (!wouldAttach(checks)) return `Attaching would fail: ${times(count('failed'), 'check')} failed${warnings}.`;
  const proven = checks.some((check) => check.name === 'trial attach' && check.state === 'ok');
  return `${proven ? 'Attaching works' : 'Nothing found that would keep attach from working'}${warnings}.`;
}

const times = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
