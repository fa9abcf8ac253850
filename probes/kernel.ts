/** The kernel's numbers and their names: the only place where they are written. Sources are named beside each. */

/** Lock modes, LM_ST_* (fs/gfs2/glock.h, all versions), as debugfs prints them. */
export const lockModes = ['UN', 'EX', 'DF', 'SH'] as const;
export type LockMode = (typeof lockModes)[number];

/** Glock types, LM_TYPE_* (fs/gfs2/glock.h, all versions). */
export const glockType = {
  nondisk: 1,
  inode: 2,
  resourceGroup: 3,
  meta: 4,
  iopen: 5,
  flock: 6,
  quota: 8,
  journal: 9,
} as const;

const glockTypeNames: Readonly<Record<number, string>> = {
  1: 'nondisk',
  2: 'inode',
  3: 'resource group',
  4: 'meta',
  5: 'iopen',
  6: 'flock',
  8: 'quota',
  9: 'journal',
};

/** Whether a request can be true: a lock type and a mode that exist, on a mounted device. Wrong offsets read otherwise. */
export const plausibleRequest = (type: number, state: number, dev: number): boolean =>
  glockTypeNames[type] !== undefined && state >= 1 && state <= 3 && dev !== 0;

/** The glock type's name in words; an unknown type keeps its number. */
export const glockTypeName = (type: number): string => glockTypeNames[type] ?? `type ${type}`;

/** The mode's name; a number outside LM_ST_* is shown as it came. */
export const lockModeName = (state: number): string => lockModes[state] ?? `mode ${state}`;

/**
 * Holder flags whose bit and letter are the same in every version that has them (fs/gfs2/glock.h, glock.c hflags2str;
 * 5.10 to 7.2). GL_NOPID exists from 6.1 on; LM_FLAG_NODE_SCOPE from 5.12 on.
 */
export const holderFlag = {
  try: 0x0001,
  tryOneCallback: 0x0002,
  noExpiry: 0x0004,
  any: 0x0008,
  nodeScope: 0x0020,
  async: 0x0040,
  exact: 0x0080,
  skip: 0x0100,
  noPid: 0x0200,
  noCache: 0x0400,
} as const;

const holderFlagLetters: readonly (readonly [bit: number, letter: string])[] = [
  [holderFlag.try, 't'],
  [holderFlag.tryOneCallback, 'T'],
  [holderFlag.noExpiry, 'e'],
  [holderFlag.any, 'A'],
  [holderFlag.nodeScope, 'n'],
  [holderFlag.async, 'a'],
  [holderFlag.exact, 'E'],
  [holderFlag.noCache, 'c'],
];

/** gh_flags as debugfs letters them (glock.c hflags2str), without the HIF letters. */
export function holderFlagText(flags: number): string {
  let text = '';
  for (const [bit, letter] of holderFlagLetters) if (flags & bit) text += letter;
  return text;
}

/** gfs2_glock_nq's positive answer to a refused trylock (fs/gfs2/glock.h GLR_TRYFAILED). */
export const tryFailed = 13;

/** Errors that gfs2's read, write and fault paths return (include/uapi/asm-generic/errno-base.h). */
export const errno = { EIO: 5, EAGAIN: 11, ENOMEM: 12, EFAULT: 14, EINVAL: 22, ENOSPC: 28 } as const;
const errnoNames: Readonly<Record<number, string>> = {
  2: 'ENOENT',
  4: 'EINTR',
  5: 'EIO',
  9: 'EBADF',
  11: 'EAGAIN',
  12: 'ENOMEM',
  14: 'EFAULT',
  22: 'EINVAL',
  27: 'EFBIG',
  28: 'ENOSPC',
  30: 'EROFS',
  116: 'ESTALE',
  122: 'EDQUOT',
  512: 'ERESTARTSYS',
  529: 'EIOCBQUEUED',
};

/** A kernel return value for people: `-EFAULT` for -14, the number itself when it is not a known error. */
export const returnText = (value: number): string => (value < 0 ? `-${errnoNames[-value] ?? -value}` : String(value));

/** vm_fault_t (include/linux/mm_types.h, 5.10 to 7.2). */
export const vmFault = { oom: 0x1, sigbus: 0x2, major: 0x4, noPage: 0x100, locked: 0x200, retry: 0x400 } as const;
const vmFaultNames: readonly (readonly [bit: number, name: string])[] = [
  [0x1, 'OOM'],
  [0x2, 'SIGBUS'],
  [0x4, 'MAJOR'],
  [0x10, 'HWPOISON'],
  [0x40, 'SIGSEGV'],
  [0x100, 'NOPAGE'],
  [0x200, 'LOCKED'],
  [0x400, 'RETRY'],
  [0x800, 'FALLBACK'],
  [0x1000, 'DONE_COW'],
  [0x2000, 'NEEDDSYNC'],
  [0x4000, 'COMPLETED'],
];

/** A vm_fault_t for people: `LOCKED|MAJOR`; unknown bits in hex; `0` when nothing is set. */
export function vmFaultText(value: number): string {
  const names: string[] = [];
  let rest = value;
  for (const [bit, name] of vmFaultNames) {
    if (value & bit) names.push(name);
    rest &= ~bit;
  }
  if (rest !== 0) names.push(`0x${(rest >>> 0).toString(16)}`);
  return names.join('|') || '0';
}

/** FAULT_FLAG_* (include/linux/mm_types.h; mm.h in 5.10): bit values the same from 5.10 to 7.2. */
export const faultFlag = { write: 0x1, mkwrite: 0x2, allowRetry: 0x4, tried: 0x20, user: 0x40, remote: 0x80 } as const;

/** kiocb.ki_flags (include/linux/fs.h): IOCB_DIRECT has been bit 17 since 5.10 (ce71bfea207b); it was bit 2 before. */
export const iocbDirect = 1 << 17;
