/** One line of the doctor: what was looked at, how it stands, and what to do. Pure. */

/** `failed` means that attaching would fail; a `warning` that something would be missing, slow or wrong. */
export const checkStates = ['ok', 'warning', 'failed', 'not-tried'] as const;
export type CheckState = (typeof checkStates)[number];

export interface Check {
  readonly name: string;
  readonly state: CheckState;
  /** What was found; for a failure its cause; for what was not tried the reason. */
  readonly detail: string;
  /** What to do about it: there for every warning and failure. */
  readonly remedy: string | null;
}

export const ok = (name: string, detail: string): Check => ({ name, state: 'ok', detail, remedy: null });
export const warning = (name: string, detail: string, remedy: string): Check => ({
  name,
  state: 'warning',
  detail,
  remedy,
});
export const failed = (name: string, detail: string, remedy: string): Check => ({
  name,
  state: 'failed',
  detail,
  remedy,
});
export const notTried = (name: string, detail: string): Check => ({ name, state: 'not-tried', detail, remedy: null });
