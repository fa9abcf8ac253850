// A failure of the lab that a person can act on: what went wrong, why, and what to do about it.

/** `message` is "what: why" on one line or with quoted evidence below it; `remedy` is the next thing to do. */
export class LabError extends Error {
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.name = 'LabError';
    this.remedy = remedy;
  }
}

/** What the command line prints for any failure; a stack only for those that the lab did not foresee. */
export function describeFailure(failure: unknown): string {
  if (failure instanceof LabError) return `lab: ${failure.message}\n  → ${failure.remedy}`;
  if (isErrno(failure, 'ENOSPC')) {
    return `lab: the disk is full (${failure.message})\n  → free about 2 GB, or point GLOCKSCOPE_CACHE at a larger disk`;
  }
  if (failure instanceof Error) return `lab: ${failure.stack ?? failure.message}`;
  return `lab: ${String(failure)}`;
}

/** Is this the system error of that code, such as ENOENT? */
export function isErrno(failure: unknown, code: string): failure is NodeJS.ErrnoException {
  return failure instanceof Error && 'code' in failure && failure.code === code;
}
