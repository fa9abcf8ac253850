/** Exit codes of the command line, and the one way in which a failure is shown: cause, then what to do. */

export const exitCode = {
  clean: 0,
  /** Findings at or above `--fail-on`. */
  findings: 1,
  usage: 2,
  /** The host cannot be attached to, the recording cannot be read, the port is taken. */
  preflight: 3,
  /** More records were lost than `--max-loss` allows. */
  lossy: 4,
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

export interface Failure {
  readonly cause: string;
  readonly remedy: string;
}

export const showFailure = (failure: Failure): string =>
  `glockscope: ${failure.cause}\n  What to do: ${failure.remedy}`;
