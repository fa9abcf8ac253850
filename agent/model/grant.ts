/** Whether gfs2 lets two holders have one glock at once. Pure. */
import { holderFlag, lockModeName } from '../../probes/kernel.ts';
import type { Holder } from './frames.ts';

/**
 * fs/gfs2/glock.c may_grant (5.16 to 7.2, with a granted holder): SH with SH, DF with DF, and EX with EX only when both
 * share the node (LM_FLAG_NODE_SCOPE). 5.10's may_grant differs from this only for LM_FLAG_ANY, which no caller uses so.
 */
export function grantedTogether(held: Holder, wanted: Holder): boolean {
  if (held.state !== wanted.state) return false;
  return lockModeName(held.state) !== 'EX' || (held.flags & wanted.flags & holderFlag.nodeScope) !== 0;
}
