/** What was learnt about a host in, ticked checks out: for each failure its cause and what to do. Pure. */
import { capabilities } from '../../probes/ways.ts';
import type { CoverageView } from '../wire/view.ts';
import { type Check, failed, notTried, ok, warning } from './check.ts';
import type { Examined, Unreached } from './doctor-facts.ts';
import {
  buffersCheck,
  clockCheck,
  debugfsCheck,
  lockdownCheck,
  memoryCheck,
  relayCheck,
  tracefsCheck,
  tracersCheck,
} from './surroundings-checks.ts';
import {
  bpftraceCheck,
  btfCheck,
  gfs2Check,
  kernelCheck,
  mountCheck,
  rightsCheck,
  symbolsCheck,
} from './survey-checks.ts';
import type { Trial } from './trial.ts';

/** All checks but the trial, in the order in which people should read them; the names are the same on every host. */
export function diagnose(facts: Unreached | Examined): Check[] {
  if (facts.kind === 'unreached') {
    const why = 'the host was not reached';
    return [failed('reach', facts.cause, facts.remedy), ...laterChecks.map((name) => notTried(name, why))];
  }
  const before = [
    ok('reach', `${facts.target} answered in ${facts.tookMs.toFixed(0)} ms`),
    ...beforePlan.map(([name, judge]) => judge(name, facts)),
  ];
  const { coverage } = facts.found;
  return [
    ...before,
    ...coverage.map(capabilityCheck),
    planCheck(
      facts,
      before.some((check) => check.state === 'failed'),
    ),
    ...afterPlan.map(([name, judge]) => judge(name, facts)),
  ];
}

/** The check that a trial stands for. */
export function trialCheck(trial: Trial): Check {
  const name = 'trial attach';
  switch (trial.kind) {
    case 'not-tried':
      return notTried(name, trial.why);
    case 'failed':
      return failed(name, trial.cause, trial.remedy);
    case 'attached': {
      const took = `attached in ${seconds(trial.tookMs)}`;
      if (trial.ended.kind === 'unreachable') {
        const remedy = 'Within half a minute the relay there ends the program by itself; see that with: pidof bpftrace';
        return warning(name, `${took}, but its end was not heard: ${trial.ended.cause}`, remedy);
      }
      return ok(name, `${took}, ended ${seconds(trial.stopMs)} after that, nothing left behind`);
    }
    default:
      return trial satisfies never;
  }
}

/** Attaching would fail exactly when a check failed. */
export const wouldAttach = (checks: readonly Check[]): boolean => checks.every((check) => check.state !== 'failed');

type Row = readonly [name: string, judge: (name: string, facts: Examined) => Check];
const beforePlan: readonly Row[] = [
  ['rights', rightsCheck],
  ['kernel', kernelCheck],
  ['bpftrace', bpftraceCheck],
  ['gfs2', gfs2Check],
  ['gfs2 mounted', mountCheck],
  ['tracefs', tracefsCheck],
  ['debugfs', debugfsCheck],
  ['lockdown', lockdownCheck],
  ['BTF', btfCheck],
  ['symbols', symbolsCheck],
];
const afterPlan: readonly Row[] = [
  ['relay', relayCheck],
  ['buffers', buffersCheck],
  ['memory', memoryCheck],
  ['clock', clockCheck],
  ['other tracers', tracersCheck],
];
const laterChecks = [...beforePlan.map(([name]) => name), 'plan', ...afterPlan.map(([name]) => name)];

function capabilityCheck({ capability, way, note }: CoverageView): Check {
  const name = `sees ${capability}`;
  if (way !== null) return ok(name, note === '' ? way : `${way}; ${note}`);
  const required = capabilities.some((one) => one.name === capability && one.required);
  return required
    ? failed(name, note, 'See the plan line below.')
    : warning(
        name,
        note,
        'The rest is seen all the same; another kernel or a newer bpftrace may have it, as the cause says.',
      );
}

function planCheck({ found }: Examined, blamed: boolean): Check {
  if (found.kind === 'not-served') {
    return blamed
      ? notTried('plan', 'it can be made when what failed above is mended')
      : failed('plan', found.cause, found.remedy);
  }
  const seen = found.coverage.filter((one) => one.way !== null).length;
  return ok('plan', `${seen} of ${found.coverage.length} capabilities; see it with: npm start -- probes`);
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
