/** Everything that is known in, the one line at the top out: worst finding first, and never "healthy" on no evidence (pure). */
import { type FindingView, type HostView, severities, type TaskView } from '../agent/wire/view.ts';
import { countText, plural } from './format.ts';
import type { View } from './store.ts';

export interface Verdict {
  readonly level: 'fatal' | 'critical' | 'warning' | 'information' | 'trouble' | 'waiting' | 'healthy';
  /** A few words, stable while nothing changes: it is read aloud, and it is the page's title. */
  readonly text: string;
  readonly detail: string;
}

export function verdict(view: View): Verdict {
  const findings = [...view.state.findings.values()];
  const hosts = [...view.state.hosts.values()];
  const worst = severities.find((severity) => findings.some((finding) => finding.severity === severity));
  if (worst !== undefined) return findingVerdict(findings, worst);

  if (view.connection.kind !== 'open') return { level: 'trouble', text: 'No connection', detail: 'to the agent' };
  const failed = hosts.filter((host) => host.phase === 'failed');
  const [first] = failed;
  if (first !== undefined)
    return { level: 'trouble', text: `${hostNames(failed)} failed`, detail: first.problem?.cause ?? '' };
  const live = hosts.filter((host) => host.phase === 'live');
  if (live.length === 0)
    return hosts.length > 0 && hosts.every((host) => host.phase === 'stopped')
      ? { level: 'waiting', text: 'Stopped', detail: 'no finding until then' }
      : { level: 'waiting', text: 'Waiting', detail: hosts.length === 0 ? 'for a host' : `for ${hostNames(hosts)}` };
  if (live.every((host) => host.records === 0))
    return { level: 'waiting', text: 'Waiting', detail: 'attached; nothing has used GFS2 yet' };
  const stalled = waitingLong(view);
  if (stalled.length > 0) {
    const [first] = stalled;
    return {
      level: 'waiting',
      text: `${plural(stalled.length, 'task')} waiting`,
      detail: `for a glock, since more than a second; the first is ${first?.comm || 'task'} ${first?.tid}`,
    };
  }
  const lost = live.reduce((sum, host) => sum + lostRecords(host), 0);
  if (lost > 0) return { level: 'healthy', text: 'No finding', detail: 'but records are missing: see Hosts' };
  return { level: 'healthy', text: 'Healthy', detail: 'nothing takes a lock it already holds, nothing waits for long' };
}

/** Beyond this a wait for a glock is no longer the ordinary traffic of one, ns. */
const longWaitNs = 1e9;

/** Tasks whose request has been queued for long, by their host's clock. */
function waitingLong({ state }: View): TaskView[] {
  return [...state.tasks.values()].filter((task) => {
    const nowNs = state.hosts.get(task.node)?.nowNs ?? 0;
    return task.frames.some(
      (frame) => frame.kind === 'holder' && frame.phase === 'waiting' && nowNs - frame.sinceNs > longWaitNs,
    );
  });
}

/** Records that are missing or could not be used, of all causes. */
export const lostRecords = (host: HostView): number =>
  host.loss.gap + host.loss.tail + host.loss.malformed + host.loss.late;

/** True once a host is live: before that, an empty list says nothing. */
export const isWatched = (hosts: ReadonlyMap<string, HostView>): boolean =>
  [...hosts.values()].some((host) => host.phase === 'live' || host.records > 0);

function findingVerdict(findings: readonly FindingView[], worst: FindingView['severity']): Verdict {
  const these = findings.filter((finding) => finding.severity === worst);
  const rest = findings.length - these.length;
  const others = rest === 0 ? '' : ` and ${countText(rest)} lesser`;
  return {
    level: worst,
    text:
      worst === 'information' ? plural(these.length, 'note') : `${plural(these.length, `${worst} finding`)}${others}`,
    detail: these.at(-1)?.title ?? '',
  };
}

const hostNames = (hosts: readonly HostView[]): string =>
  hosts.length > 2 ? plural(hosts.length, 'host') : hosts.map((host) => host.node).join(' and ');
