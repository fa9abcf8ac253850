/** What a host is like around a trace: a shell script's text, and what its answer says. For the doctor; pure. */

export const lockdowns = ['none', 'integrity', 'confidentiality'] as const;
export type Lockdown = (typeof lockdowns)[number];

export interface HostFacts {
  /** CapEff of the programs that this user starts there. */
  readonly rights: bigint;
  /** Where a bpftrace lies, in PATH or not. */
  readonly bpftracePlaces: readonly string[];
  /** Mount points by type of file system. */
  readonly tracefs: readonly string[];
  readonly debugfs: readonly string[];
  /** Null when the kernel does not tell: securityfs is not mounted, or there is no lockdown in it. */
  readonly lockdown: Lockdown | null;
  /** gfs2's tracepoints in the global trace buffer; null when this user may not see it. */
  readonly eventsOn: 'none' | 'some' | 'all' | null;
  /** Programs that trace gfs2 by other ways, and whoever reads the global trace_pipe. */
  readonly tracers: readonly Tracer[];
  readonly memory: { readonly totalBytes: number; readonly availableBytes: number } | null;
  readonly onlineCpus: number;
  readonly pageBytes: number;
  /** What the relay will run on (agent/target/relay.ts). */
  readonly relay: string;
  /** Wall clock when the script ended, ms; null when its date knows no nanoseconds. */
  readonly unixMs: number | null;
}

export interface Tracer {
  readonly pid: number;
  readonly name: string;
  /** It has the global trace_pipe open; else it is known by name only. */
  readonly readsTracePipe: boolean;
}

/**
 * The script. Reads only. Processes are looked at with what the shell has built in, and all their files by one ls, so
 * that a host with thousands of them answers in a second. The trials of perl and python are those of the relay.
 */
export const hostFactsScript = `
grep '^CapEff:' /proc/self/status
for d in /usr/bin /usr/sbin /usr/local/bin /usr/local/sbin /opt/bpftrace/bin /snap/bin; do
  [ -x $d/bpftrace ] && echo "bpftrace-at $d/bpftrace"
done
while read -r _ at type _; do
  case $type in tracefs | debugfs) echo "$type $at" ;; esac
done </proc/self/mounts
echo "lockdown $(cat /sys/kernel/security/lockdown 2>/dev/null)"
for d in /sys/kernel/tracing /sys/kernel/debug/tracing; do
  e=$(cat $d/events/gfs2/enable 2>/dev/null) && echo "events $e" && break
done
for p in /proc/[0-9]*; do
  { read -r name <$p/comm; } 2>/dev/null || continue
  case $name in pmdagfs2 | gfs2_trace* | bpftrace) echo "runs \${p#/proc/} $name" ;; esac
done
ls -l /proc/[0-9]*/fd/ 2>/dev/null | sed -n -e '/^\\/proc\\//h' -e '/tracing\\/\\(per_cpu\\/cpu[0-9]*\\/\\)\\{0,1\\}trace_pipe$/{x;p;x;}' |
while read -r p; do
  p=\${p#/proc/}; p=\${p%%/*}
  { read -r name </proc/$p/comm; } 2>/dev/null && echo "pipe $p $name"
done
grep -E '^Mem(Total|Available):' /proc/meminfo
echo "online $(cat /sys/devices/system/cpu/online)"
echo "page $(getconf PAGESIZE 2>/dev/null)"
if perl -MConfig -e 1 </dev/null >/dev/null 2>&1; then echo 'relay perl'
elif python3 -I -c 'import fcntl, select' </dev/null >/dev/null 2>&1; then echo 'relay python3'
elif /usr/libexec/platform-python -I -c 'import fcntl, select' </dev/null >/dev/null 2>&1; then echo 'relay platform-python'
else echo 'relay sh'; fi
echo "date $(date +%s%N)"
echo end
`;

/** Reads the script's answer; null when it is cut off. */
export function readHostFacts(answer: string): HostFacts | null {
  const lines = answer.split('\n');
  if (!lines.includes('end')) return null;
  const all = (word: string): string[] =>
    lines.filter((line) => new RegExp(`^${word}\\s`).test(line)).map((line) => line.slice(word.length).trim());
  const one = (word: string): string => all(word)[0] ?? '';
  return {
    rights: BigInt(`0x${/^[0-9a-f]+$/.exec(one('CapEff:'))?.[0] ?? '0'}`),
    bpftracePlaces: all('bpftrace-at'),
    tracefs: all('tracefs'),
    debugfs: all('debugfs'),
    lockdown: readLockdown(one('lockdown')),
    eventsOn: readEvents(one('events')),
    tracers: readTracers(all('runs'), all('pipe')),
    memory: readMemory(one('MemTotal:'), one('MemAvailable:')),
    onlineCpus: countCpus(one('online')),
    pageBytes: Number(one('page')) || 4096,
    relay: one('relay') || 'sh',
    unixMs: /^\d{16,}$/.test(one('date')) ? Number(BigInt(one('date')) / 1_000_000n) : null,
  };
}

/** `none [integrity] confidentiality`: the one in brackets rules. */
function readLockdown(line: string): Lockdown | null {
  const ruling = /\[(\w+)\]/.exec(line)?.[1];
  return lockdowns.find((one) => one === ruling) ?? null;
}

/** 0, 1, X for some of them, or ? for a system without events. */
function readEvents(line: string): HostFacts['eventsOn'] {
  if (line === '') return null;
  return line === '1' ? 'all' : line === 'X' ? 'some' : 'none';
}

/** `812 pmdagfs2`: the same process may be there by its name and by the file that it has open. */
function readTracers(running: readonly string[], reading: readonly string[]): Tracer[] {
  const tracers = new Map<number, Tracer>();
  const note = (line: string, readsTracePipe: boolean): void => {
    const [, pid, name] = /^(\d+) (.+)$/.exec(line) ?? [];
    if (pid !== undefined && name !== undefined) tracers.set(Number(pid), { pid: Number(pid), name, readsTracePipe });
  };
  for (const line of running) note(line, false);
  for (const line of reading) note(line, true);
  return [...tracers.values()].sort((a, b) => a.pid - b.pid);
}

/** `2020528 kB` */
function readMemory(total: string, available: string): HostFacts['memory'] {
  const [totalKib, availableKib] = [total, available].map((text) => Number(/^(\d+) kB$/.exec(text)?.[1] ?? Number.NaN));
  if (!Number.isFinite(totalKib) || !Number.isFinite(availableKib)) return null;
  return { totalBytes: (totalKib ?? 0) * 1024, availableBytes: (availableKib ?? 0) * 1024 };
}

/** `0-3,8` are five. */
function countCpus(ranges: string): number {
  let count = 0;
  for (const [, first = '0', last = first] of ranges.matchAll(/(\d+)(?:-(\d+))?/g))
    count += Number(last) - Number(first) + 1;
  return Math.max(1, count);
}
