/**
 * A thread asks for a glock on which it already has a queued holder, seen at gfs2_glock_nq's *entry*: the call may never
 * return. Pure.
 *
 * The rule is the kernel's own trap, fs/gfs2/glock.c add_to_queue: it walks all queued holders of the glock, granted or
 * waiting, in any mode, and BUG()s when one has the same owner pid and the glock is no flock (5.10, 5.15), skipping
 * holders with HIF_MAY_DEMOTE (5.16, 5.17) and those with GL_NOPID (6.1 on). Compatible modes do not help: a demote
 * request between the two would deadlock them. The model keeps flock and GL_NOPID holders off the stacks.
 */
import { lockModeName } from '../../probes/kernel.ts';
import type { Change } from '../model/change.ts';
import type { Holder } from '../model/frames.ts';
import { grantedTogether } from '../model/grant.ts';
import type { Suspicion } from './suspicion.ts';

export function recursiveAcquire(change: Change): Suspicion | null {
  if (change.kind !== 'requested') return null;
  const { task, holder } = change;
  const held = task.frames.find(
    (frame): frame is Holder => frame.kind === 'holder' && frame !== holder && frame.glock === holder.glock,
  );
  if (held === undefined) return null;
  const compatible = grantedTogether(held, holder);
  const modes = `${lockModeName(held.state)} held, ${lockModeName(holder.state)} wanted`;
  return {
    kind: compatible ? 'recursive-acquire' : 'incompatible-acquire',
    severity: task.unsure ? 'warning' : 'fatal',
    root: `${holder.name} ${held.caller} ${holder.caller}`,
    title: compatible
      ? `takes glock ${shortName(holder)} again, which it already has (${modes})`
      : `takes glock ${shortName(holder)} again in a mode that its own hold excludes (${modes})`,
    rule: 'one thread may have one queued holder on a glock, whatever the modes (fs/gfs2/glock.c add_to_queue)',
    consequence:
      'The kernel stops here: BUG() in gfs2_glock_nq, with the glock’s spinlock held. Page faults under the glock of the same file were the known cause; gfs2 no longer faults while it holds one since 5.16 (merge c03098d4b9ad), and 5.18 dropped the rest.',
    holder,
    task,
    others: [],
  };
}

/** `2/181ec` of `7:0 2/181ec`. */
const shortName = (holder: Holder): string => holder.name.slice(holder.name.indexOf(' ') + 1);
