/** Checks of what surrounds a trace: mounts, lockdown, relay, buffers, memory, clocks, other tracers. Facts in, checks out. Pure. */
import { bpftraceCommand } from './bpftrace.ts';
import { atLeast } from './bpftrace-version.ts';
import { type Check, failed, notTried, ok, warning } from './check.ts';
import type { Examined } from './doctor-facts.ts';

export function tracefsCheck(name: string, { host, found: { survey } }: Examined): Check {
  if (survey === null) return notTried(name, 'the host could not be looked at as attach does');
  const where = host.tracefs.length > 0 ? `mounted on ${host.tracefs.join(' and ')}` : 'not mounted';
  if (survey.functions !== null) return ok(name, where === 'not mounted' ? 'inside debugfs' : where);
  if (survey.uid !== 0) return notTried(name, `${where}; only root may look inside`);
  return host.tracefs.length === 0
    ? failed(
        name,
        `the list of attachable functions cannot be read on ${survey.hostName}: tracefs is not mounted`,
        'Mount it there: mount -t tracefs none /sys/kernel/tracing',
      )
    : failed(
        name,
        `tracefs is ${where}, but its list of attachable functions cannot be read`,
        'Kernel lockdown hides it, or the kernel was built without CONFIG_DYNAMIC_FTRACE: see the lockdown line.',
      );
}

/** Before 0.17 bpftrace knew tracing inside debugfs only: 0.11.3 attaches kprobes without it, and finds no tracepoint. */
const tracefsSince = [0, 17] as const;

export function debugfsCheck(name: string, { host, found: { survey } }: Examined): Check {
  if (host.debugfs.length > 0) return ok(name, `mounted on ${host.debugfs.join(' and ')}`);
  const version = survey?.bpftrace ?? null;
  const needed = version !== null && !atLeast(version, tracefsSince);
  const use = needed
    ? `bpftrace ${version} finds tracepoints only there; kprobes attach without it`
    : 'probes do not need it, but the kernel shows its own glocks and DLM locks there, which are good to compare with';
  return warning(name, `not mounted: ${use}`, 'Mount it there: mount -t debugfs none /sys/kernel/debug');
}

export function lockdownCheck(name: string, { host }: Examined): Check {
  switch (host.lockdown) {
    case 'none':
      return ok(name, 'none');
    case 'integrity':
      return ok(name, 'integrity, which allows probes');
    case 'confidentiality':
      return failed(
        name,
        'the kernel is locked down to confidentiality: kprobes and reading kernel memory are forbidden, for root too',
        'Boot it with lockdown=integrity, or without Secure Boot where that sets it.',
      );
    case null:
      return notTried(name, '/sys/kernel/security/lockdown cannot be read; the trial attach shows what is allowed');
    default:
      return host.lockdown satisfies never;
  }
}

export function relayCheck(name: string, { host }: Examined): Check {
  const role = 'ends bpftrace there when this agent goes away';
  if (host.relay !== 'sh') return ok(name, `${host.relay} ${role}`);
  return warning(
    name,
    `neither perl nor python3 runs there: plain sh ${role}, and cannot do all that they can`,
    'Install perl or python3 there, when you can.',
  );
}

/** From this version on one ring serves all CPUs; before, each CPU has a buffer of its own. */
const oneRingSince = [0, 19] as const;

/** A hash map's bytes by key: an element of 64 and a bucket of 16 (fdinfo of a bpftrace map of 65 536 keys: 5 246 976 on 5.10, 5 243 984 on 6.12). */
const bytesPerKey = 80;

export function buffersCheck(name: string, { host, found }: Examined): Check {
  if (found.kind !== 'inspected') return notTried(name, 'there is no plan');
  const { survey, program } = found;
  const { env } = bpftraceCommand(survey.bpftrace ?? '', program);
  const buffers = atLeast(survey.bpftrace, oneRingSince) ? 1 : host.onlineCpus;
  const ringBytes = Number(env['BPFTRACE_PERF_RB_PAGES']) * host.pageBytes * buffers;
  const maps = new Set(program.match(/@\w+/g)).size;
  const mapBytes = maps * Number(env['BPFTRACE_MAX_MAP_KEYS']) * bytesPerKey;
  const asked = `${mib(ringBytes + mapBytes)} of kernel memory: ${mib(ringBytes)} for records (${buffers === 1 ? 'one ring' : `${buffers} CPUs`}), ${mib(mapBytes)} for ${maps} maps of ${env['BPFTRACE_MAX_MAP_KEYS']} keys`;
  if (host.memory === null || (ringBytes + mapBytes) * 4 < host.memory.availableBytes) return ok(name, asked);
  return warning(
    name,
    `${asked}, more than a quarter of the ${mib(host.memory.availableBytes)} that are available`,
    'Free memory there before attaching.',
  );
}

/** bpftrace itself, with its compiler, had 80 MB resident on 5.10 with 0.11, 150 MB on 6.12 with 0.23. */
const wantedBytes = 256 << 20;

export function memoryCheck(name: string, { host: { memory } }: Examined): Check {
  if (memory === null) return notTried(name, '/proc/meminfo cannot be read');
  const have = `${mib(memory.availableBytes)} of ${mib(memory.totalBytes)} available`;
  if (memory.availableBytes >= wantedBytes) return ok(name, have);
  return warning(
    name,
    `${have}; bpftrace takes about 150 MiB while it runs`,
    'Free memory there before attaching, or bpftrace may be the one that is killed.',
  );
}

/** Wall clocks further apart than this make the times of two hosts hard to bring together. */
const skewToleratedMs = 1000;

export function clockCheck(name: string, { ahead, found: { survey } }: Examined): Check {
  if (survey === null) return notTried(name, 'the host could not be looked at as attach does');
  if (survey.clock === null || ahead === null) {
    return warning(
      name,
      'wall clock and time since boot cannot be read together (a date without %N): times count from the start of the trace only',
      'Install GNU coreutils there if you need times of day.',
    );
  }
  const size = Math.abs(ahead.ms);
  const apart = `${size.toFixed(0)} ms ${ahead.ms < 0 ? 'behind' : 'ahead of'} this machine, ± ${ahead.uncertaintyMs.toFixed(0)} ms`;
  if (size - ahead.uncertaintyMs <= skewToleratedMs) {
    const known =
      size <= ahead.uncertaintyMs ? `within ± ${ahead.uncertaintyMs.toFixed(0)} ms of this machine's` : apart;
    return ok(name, `wall clock and time since boot are readable; the wall clock is ${known}`);
  }
  return warning(
    name,
    `the wall clock is ${apart}`,
    'Set both by NTP: chronyc tracking, or timedatectl, shows how each is set.',
  );
}

/** Nothing of this stops us: bpftrace has buffers of its own, and takes no line from trace_pipe. */
export function tracersCheck(name: string, { host, found: { survey } }: Examined): Check {
  const said = [
    ...host.tracers.map(
      (one) => `${one.name} (process ${one.pid}) ${one.readsTracePipe ? 'reads trace_pipe' : 'runs'}`,
    ),
    ...(host.eventsOn === null || host.eventsOn === 'none'
      ? []
      : [`${host.eventsOn} tracepoints of gfs2 are switched on`]),
  ];
  if (said.length > 0) {
    return warning(
      name,
      `${said.join('; ')}: glockscope takes no line from them, but the host pays for each`,
      'Stop what nobody needs; tracepoints that were left on go off with: echo 0 >/sys/kernel/tracing/events/gfs2/enable',
    );
  }
  if (survey !== null && survey.uid !== 0) return notTried(name, 'none by name; only root sees who reads trace_pipe');
  const tracepoints =
    host.eventsOn === null ? 'which tracepoints of gfs2 are on cannot be seen' : 'no tracepoint of gfs2 is switched on';
  return ok(name, `none known: nobody reads trace_pipe, ${tracepoints}`);
}

const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 1 : 0)} MiB`;
