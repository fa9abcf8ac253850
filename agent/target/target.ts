/** What a host is to the rest of the agent: a place that runs programs, to their end or as a stream. */

export interface Target {
  /** As the user wrote it: 'local', 'ssh://root@10.0.0.5'. */
  readonly name: string;
  /**
   * Runs argv to its end; for programs that end by themselves. Never throws for a non-zero exit, and a host that cannot
   * be reached is a value too. A program that is not there exits with 127, as in a shell.
   */
  run(argv: readonly string[], options?: RunOptions): Promise<Ran>;
  /** Starts argv under the lifeline relay (`relay.ts`): it ends when we end, freeze, or can no longer be heard. */
  stream(argv: readonly string[], options?: StreamOptions): Streaming;
}

export interface RunOptions {
  /** Given to the program as its stdin; without it stdin is empty. */
  readonly stdin?: string | Uint8Array;
  /** Default 30 000 ms. Over ssh only the local end is certain to be gone by then. */
  readonly timeoutMs?: number;
  /** Limit for stdout; default 64 MiB. */
  readonly maxBytes?: number;
}

export interface StreamOptions {
  /** Added to the program's environment on the target. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What was printed, complete for `exited`, else up to the point where it stopped. */
export interface Printed {
  readonly stdout: Uint8Array;
  /** The same as UTF-8 text; bytes that are none become U+FFFD. */
  readonly text: string;
  readonly stderr: string;
}

export interface Unreachable {
  readonly kind: 'unreachable';
  readonly cause: string;
  readonly remedy: string;
}

export type Ran =
  | (Printed & { readonly kind: 'exited'; readonly code: number })
  | (Printed & { readonly kind: 'signalled'; readonly signal: string })
  | (Printed & { readonly kind: 'timed-out'; readonly timeoutMs: number })
  | (Printed & { readonly kind: 'overflowed'; readonly maxBytes: number })
  | Unreachable;

export interface Streaming {
  /** stdout of the program as raw chunks; read by one consumer, at its own pace: a slow one slows the program down. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** stderr by lines, cut at 4096 characters; may be left unread: what does not fit is dropped and counted in a line. */
  readonly errors: AsyncIterable<string>;
  /** Settles when the program is gone, or when that can no longer be known; never rejects. */
  readonly ended: Promise<Ended>;
  /**
   * Ends the program through the lifeline: SIGTERM, then SIGKILL after the grace time. Resolves when the far side is
   * gone; what it printed up to then is still delivered through `chunks`. May be called again.
   */
  stop(): Promise<Ended>;
}

export type Ended =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: string }
  /** We ended it, by stop() or by leaving `chunks`; the code is that of the program's orderly end, or 128 + signal. */
  | { readonly kind: 'stopped'; readonly code: number }
  | Unreachable;
