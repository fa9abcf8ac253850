// What a host answers to the survey script: one with gfs2 mounted, as bpftrace 0.17 on Debian 12 says it. For tests only.

/** Its lines; `without` leaves out those that begin with one of the words, `extra` is put before the end. */
export function surveyAnswer({
  without = [],
  extra = [],
}: {
  readonly without?: readonly string[];
  readonly extra?: readonly string[];
} = {}): string {
  const kept = lines.filter((line) => !without.some((start) => line === start || line.startsWith(`${start} `)));
  return `${[...kept, ...extra, 'end'].join('\n')}\n`;
}

const lines: readonly string[] = [
  'host node1',
  'kernel 6.1.0-50-amd64',
  'machine x86_64',
  'uid 0',
  'bpftrace bpftrace v0.17.0',
  'cpus 0-3,8',
  'gfs2 yes',
  'tracing /sys/kernel/tracing',
  'fn do_exit',
  'fn fault_in_readable',
  'fn fault_in_safe_writeable',
  'fn generic_file_read_iter',
  'fn iomap_dio_rw',
  'fn iomap_file_buffered_write',
  'fn gfs2_fault [gfs2]',
  'fn gfs2_file_read_iter [gfs2]',
  'fn gfs2_file_write_iter [gfs2]',
  'fn gfs2_glock_dq [gfs2]',
  'fn gfs2_glock_nq [gfs2]',
  'fn gfs2_page_mkwrite [gfs2]',
  'tp gfs2:gfs2_glock_queue',
  'tp gfs2:gfs2_promote',
  'mount 36 28 7:0 / /mnt/gfs2 rw,relatime shared:12 - gfs2 /dev/loop0 rw',
  String.raw`mount 41 28 253:3 / /srv/my\040disk rw,relatime - gfs2 /dev/mapper/vg\040one-lv rw`,
  'sym ffffffffc0a1b000 t gfs2_fault\t[gfs2]',
  'sym ffffffffc0a1b0b0 t gfs2_page_mkwrite\t[gfs2]',
  'sym ffffffffc0a1b700 T gfs2_glock_nq\t[gfs2]',
  'btf vmlinux',
  'btf gfs2',
  'build 0400000014000000030000004742550001020304',
  'clock 1763870000123456789 33.58 60.00',
];
