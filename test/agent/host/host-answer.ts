// What a host answers to the doctor's script: root on Debian 12 with everything in place. For tests only.

/** Its lines; `without` leaves out those that begin with one of the words, `extra` is put before the end. */
export function hostAnswer({
  without = [],
  extra = [],
}: {
  readonly without?: readonly string[];
  readonly extra?: readonly string[];
} = {}): string {
  const kept = lines.filter((line) => !without.some((word) => line.split(/\s/)[0] === word));
  return `${[...kept, ...extra, 'end'].join('\n')}\n`;
}

const lines: readonly string[] = [
  'CapEff:\t000001ffffffffff',
  'bpftrace-at /usr/bin/bpftrace',
  'tracefs /sys/kernel/tracing',
  'debugfs /sys/kernel/debug',
  'lockdown [none] integrity confidentiality',
  'events 0',
  'MemTotal:        2020528 kB',
  'MemAvailable:    1812344 kB',
  'online 0-3,8',
  'page 4096',
  'relay perl',
  'date 1763870000123456789',
];
