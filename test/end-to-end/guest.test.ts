import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootGuest, type Guest } from '../lab/guest.ts';
import { runWorkload, type WorkloadResult } from '../lab/workload.ts';

describe('a lab guest with Linux 6.1', { timeout: 120_000 }, () => {
  let guest: Guest;

  beforeAll(async () => {
    guest = await bootGuest({ suite: '6.1' });
  }, 600_000);

  afterAll(async () => {
    await guest.poweroff();
  }, 30_000);

  test('runs the kernel it is named for, with gfs2 on /mnt', async () => {
    const { stdout } = await guest.run(['sh', '-c', 'uname -r; stat -f -c %T /mnt; ls /sys/kernel/debug/gfs2']);
    expect(stdout.split('\n')).toEqual([expect.stringMatching(/^6\.1\./), 'gfs/gfs2', expect.stringContaining('vdb')]);
  });

  test('is reached by address and port as attach does, with a host key known beforehand', async () => {
    const { stdout } = await execa('ssh', [
      ...['-F', guest.sshConfig, '-p', String(guest.port), 'root@127.0.0.1'],
      'id -un',
    ]);
    expect(stdout).toBe('root');
  });

  test('reaches nothing outside, not even its host', async () => {
    const { stdout } = await guest.run(['ip', 'route', 'show', 'default']);
    expect(stdout).toBe('');
    // 10.0.2.2 would be the host, on which this very port listens
    const connect = `timeout 3 bash -c 'echo >/dev/tcp/10.0.2.2/${guest.port}'`;
    expect((await guest.run(['sh', '-c', `${connect} 2>/dev/null; echo $?`])).stdout).not.toBe('0');
  });

  test('has what the relay of a trace may run on, and no kernel headers that most hosts lack', async () => {
    const { stdout } = await guest.run(['sh', '-c', 'perl -e "print 1"; python3 -c "print(2)"; ls -d /usr/include']);
    expect(stdout).toBe('12');
  });

  test('gives the exit code, output and words of a command as they are', async () => {
    const outcome = await guest.run(['sh', '-c', 'cat; echo "$1" >&2; exit 3', 'x', "it's $HOME"], { input: 'in' });
    expect(outcome).toEqual({ exitCode: 3, stdout: 'in', stderr: "it's $HOME" });
  });

  test('runs the workload on its own pages and gives exact counts of what it issued', async () => {
    const result = await runWorkload(guest, 'self', ['--count', '3']);
    expect(calls(result)).toEqual(['reads 3+0 writes 4+0 bytes 49152 114688 short 0 0 failed 0']);
  });

  test('runs two tasks across two files, each counted for itself', async () => {
    const result = await runWorkload(guest, 'cross', ['--count', '2', '--direct']);
    const each = 'reads 0+2 writes 1+2 bytes 32768 98304 short 0 0 failed 0';
    expect(calls(result)).toEqual([each, each]);
    expect(new Set(result.threads.map((thread) => thread.inode)).size).toBe(2);
    expect(new Set(result.threads.map((thread) => thread.tid)).size).toBe(2);
  });

  test('ends a workload that does not end, in the guest too', async () => {
    // a direct read into the file's own pages is tried again for ever by this kernel
    const endless = runWorkload(guest, 'self', ['--direct', '--op', 'read', '--count', '1'], { timeoutMs: 4000 });
    await expect(endless).rejects.toThrow('did not finish in lab-6.1 within 4 s');
    const { stdout } = await guest.run(['sh', '-c', 'pgrep -x self | wc -l']);
    expect(stdout).toBe('0');
  });

  test('keeps its console for those who come after its end', async () => {
    await guest.poweroff();
    expect(guest.consoleText()).toContain('lab: ready');
  });
});

/** Calls as buffered+direct. */
function calls(result: WorkloadResult): string[] {
  return result.threads.map(
    ({ reads, writes, ...thread }) =>
      `reads ${reads.buffered}+${reads.direct} writes ${writes.buffered}+${writes.direct} ` +
      `bytes ${thread.bytesRead} ${thread.bytesWritten} ` +
      `short ${thread.shortReads} ${thread.shortWrites} failed ${thread.failures}`,
  );
}
