/** One look at a host before anything is attached: a shell script's text, and what its answer says. Pure. */
import type { SymbolRow } from '../trace/symbols.ts';

/** What a host is and has, as far as attaching needs it. */
export interface Survey {
  readonly hostName: string;
  readonly kernel: string;
  readonly machine: string;
  readonly uid: number;
  /** As `bpftrace --version` prints it without the name; null when there is none. */
  readonly bpftrace: string | null;
  readonly possibleCpus: number;
  readonly gfs2Loaded: boolean;
  /** Functions that ftrace lets us attach to, of those asked for; null when the list cannot be read. */
  readonly functions: ReadonlySet<string> | null;
  readonly tracepoints: ReadonlySet<string>;
  readonly mounts: readonly { readonly dev: number; readonly name: string; readonly mountPoint: string }[];
  /** gfs2's text symbols; empty when kptr_restrict hides them. */
  readonly symbols: readonly SymbolRow[];
  /** Whether each BTF file is there. */
  readonly vmlinuxBtf: boolean;
  readonly gfs2Btf: boolean;
  /** The notes of kernel and module as hex: they hold the build ids, so they name the builds. */
  readonly build: string;
  /** Wall clock and time since boot at one instant, ms; null when the host could not tell. */
  readonly clock: { readonly unixMs: number; readonly bootMs: number } | null;
}

/**
 * The script. Reads only; every line of its answer begins with a word that says what it is.
 * @param functions kernel functions to look for; words only, so nothing needs quoting
 */
export function surveyScript(functions: readonly string[]): string {
  const wanted = functions.filter((name) => /^\w+$/.test(name)).join('|');
  return `
echo "host $(uname -n)"; echo "kernel $(uname -r)"; echo "machine $(uname -m)"; echo "uid $(id -u)"
v=$(bpftrace --version 2>/dev/null) && echo "bpftrace $v"
echo "cpus $(cat /sys/devices/system/cpu/possible)"
if grep -q '^gfs2 ' /proc/modules || [ -d /sys/fs/gfs2 ]; then echo 'gfs2 yes'; fi
for d in /sys/kernel/tracing /sys/kernel/debug/tracing; do
  # read, not asked for: under lockdown root is told that it may, and then may not
  if head -c 1 $d/available_filter_functions >/dev/null 2>&1; then
    echo "tracing $d"
    grep -E '^(${wanted})( |$)' $d/available_filter_functions | sed 's/^/fn /'
    for e in $d/events/gfs2/*/; do [ -d "$e" ] && echo "tp gfs2:$(basename "$e")"; done
    break
  fi
done
grep ' - gfs2 ' /proc/self/mountinfo | sed 's/^/mount /'
grep -i ' t .*\\[gfs2\\]$' /proc/kallsyms | sed 's/^/sym /'
[ -r /sys/kernel/btf/vmlinux ] && echo 'btf vmlinux'
[ -r /sys/kernel/btf/gfs2 ] && echo 'btf gfs2'
echo "build $(cat /sys/kernel/notes /sys/module/gfs2/notes/.note.gnu.build-id 2>/dev/null | od -An -v -tx1 | tr -d ' \\n')"
echo "clock $(date +%s%N) $(cat /proc/uptime)"
echo end
`;
}

/** Reads the script's answer; null when it is cut off, so that half a host is never taken for a whole one. */
export function readSurvey(answer: string): Survey | null {
  const lines = answer.split('\n');
  if (!lines.includes('end')) return null;
  const all = (word: string): string[] =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1).trim());
  const one = (word: string): string => all(word)[0] ?? '';
  return {
    hostName: one('host'),
    kernel: one('kernel'),
    machine: one('machine'),
    uid: Number(one('uid') || -1),
    bpftrace: /v?(\d+\.\d+\S*)/.exec(one('bpftrace'))?.[1] ?? null,
    possibleCpus: possible(one('cpus')),
    gfs2Loaded: one('gfs2') === 'yes',
    // `gfs2_fault [gfs2]`: a module's functions carry its name behind them
    functions: one('tracing') === '' ? null : new Set(all('fn').map((line) => line.split(' ')[0] ?? '')),
    tracepoints: new Set(all('tp')),
    mounts: all('mount').flatMap(readMount),
    symbols: all('sym').flatMap(readSymbol),
    vmlinuxBtf: all('btf').includes('vmlinux'),
    gfs2Btf: all('btf').includes('gfs2'),
    build: one('build'),
    clock: readClock(one('clock')),
  };
}

/** `0-3,8` is CPUs 0 to 8: ids up to the highest, since a sequence is kept for each. */
function possible(ranges: string): number {
  const last = /(\d+)$/.exec(ranges)?.[1];
  return last === undefined ? 1 : Math.min(4096, Number(last) + 1);
}

/** `36 35 7:0 / /mnt rw,relatime - gfs2 /dev/loop0 rw` */
function readMount(line: string): Survey['mounts'] {
  const [before, after] = line.split(' - gfs2 ');
  const words = (before ?? '').split(' ');
  const [major, minor] = (words[2] ?? '').split(':').map(Number);
  if (major === undefined || minor === undefined || Number.isNaN(major + minor)) return [];
  // Multiplied, since a major from 2048 on would shift into the sign.
  const dev = major * 2 ** 20 + minor;
  return [{ dev, name: unescaped((after ?? '').split(' ')[0] ?? ''), mountPoint: unescaped(words[4] ?? '') }];
}

/** mountinfo escapes spaces and the like as octal: `/mnt/my\040disk` */
const unescaped = (word: string): string =>
  word.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** `ffffffffc0a1b000 t gfs2_fault	[gfs2]`; all zeros when kptr_restrict hides the addresses. */
function readSymbol(line: string): SymbolRow[] {
  const [, address, name] = /^([0-9a-f]+) [tT] (\S+)/.exec(line) ?? [];
  return address === undefined || name === undefined || /^0+$/.test(address)
    ? []
    : [[address.replace(/^0+/, ''), name]];
}

/** `1763870000123456789 33.58 60.00`; a date without %N ends in a letter. */
function readClock(line: string): Survey['clock'] {
  const [unixNs, boot] = line.split(' ');
  if (!/^\d{16,}$/.test(unixNs ?? '') || !/^\d+(\.\d+)?$/.test(boot ?? '')) return null;
  return { unixMs: Number(BigInt(unixNs ?? '0') / 1_000_000n), bootMs: Number(boot) * 1000 };
}
