/** Small real programs that stand where bpftrace would, each with a marker as its last argument. */

/** Prints `ready`, then nothing; on SIGTERM prints last words, as bpftrace's END does, and exits with 3. */
export function silent(mark: string): string[] {
  return ['sh', '-c', 'trap "echo last words; exit 3" TERM; echo ready; while :; do sleep 0.1; done', 'sh', mark];
}

/** Does not heed SIGTERM. */
export function stubborn(mark: string): string[] {
  return ['sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 0.1; done', 'sh', mark];
}

/** Prints without end, faster than anyone reads. */
export function flooding(mark: string): string[] {
  return ['sh', '-c', 'while :; do echo "E 1 ffffffff 0123456789abcdef"; done', 'sh', mark];
}
