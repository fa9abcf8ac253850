/** doctor and probes on a real 6.12 kernel, which then loses one thing after the other that attaching needs. */
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkStates } from '../../agent/host/check.ts';
import { CoverageView } from '../../agent/wire/view.ts';
import { capabilities } from '../../probes/ways.ts';
import { bootGuest, type Guest } from '../lab/guest.ts';
import { startAgent } from './agent.ts';

const Checks = v.array(
  v.strictObject({
    name: v.string(),
    state: v.picklist(checkStates),
    detail: v.string(),
    remedy: v.nullable(v.string()),
  }),
);
const PlanJson = v.strictObject({
  coverage: v.array(CoverageView),
  offsets: v.record(v.string(), v.number()),
  program: v.string(),
});

interface Ran {
  readonly code: number | string;
  readonly out: string;
  readonly err: string;
}

async function glockscope(...args: readonly string[]): Promise<Ran> {
  const agent = startAgent(args);
  const code = await agent.ended;
  return { code, out: agent.out.join('\n'), err: agent.err.join('\n') };
}

interface Diagnosis {
  readonly code: number | string;
  readonly checks: v.InferOutput<typeof Checks>;
  /** Names of the checks that failed, and of those that warn. */
  readonly failed: readonly string[];
  readonly warned: readonly string[];
  detail(name: string): string;
}

async function diagnosed(...args: readonly string[]): Promise<Diagnosis> {
  const { code, out, err } = await glockscope('doctor', ...args, '--json');
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Checks), out);
  if (!parsed.success) throw new Error(`doctor ${args.join(' ')} ended with ${code} and printed\n${out}\n${err}`);
  const checks = parsed.output;
  const inState = (state: string): string[] => checks.filter((one) => one.state === state).map((one) => one.name);
  for (const check of checks) {
    if (check.state === 'failed' || check.state === 'warning') expect(check.remedy, check.name).toMatch(/\w+/);
  }
  return {
    code,
    checks,
    failed: inState('failed'),
    warned: inState('warning'),
    detail: (name) => checks.find((one) => one.name === name)?.detail ?? `no check ${name}`,
  };
}

describe('doctor and probes on a 6.12 kernel', () => {
  let guest: Guest;
  const root = (): string[] => [`ssh://root@127.0.0.1:${guest.port}`, '-F', guest.sshConfig];

  /** Runs a script in the guest that must succeed. */
  async function inGuest(script: string, input = ''): Promise<string> {
    const { exitCode, stdout, stderr } = await guest.run(['sh', '-ec', script], { input, timeoutMs: 120_000 });
    expect({ exitCode, stderr }, script).toEqual({ exitCode: 0, stderr: '' });
    return stdout;
  }

  beforeAll(async () => {
    guest = await bootGuest({ suite: '6.12' });
    await inGuest('mount -t securityfs securityfs /sys/kernel/security');
  });

  afterAll(async () => {
    await guest?.poweroff();
  });

  test('a host with everything is fit: the real program attaches there, and nothing stays behind', async () => {
    const { code, checks, failed, warned, detail } = await diagnosed(...root());
    expect({ code, failed, warned }).toEqual({ code: 0, failed: [], warned: [] });
    expect(checks.every((check) => check.state === 'ok')).toBe(true);
    expect(checks.map((check) => check.name)).toEqual(
      expect.arrayContaining(capabilities.map((one) => `sees ${one.name}`)),
    );
    expect(detail('kernel')).toMatch(/^Linux 6\.12\..* x86_64, host lab-6\.12$/);
    expect(detail('bpftrace')).toMatch(/^0\.23\.\d+$/);
    expect(detail('gfs2 mounted')).toBe('/dev/vdb on /mnt');
    expect(detail('lockdown')).toBe('none');
    expect(detail('relay')).toMatch(/^perl /);
    expect(detail('buffers')).toMatch(/16 MiB for records \(one ring\)/);
    expect(detail('trial attach')).toMatch(/^attached in [\d.]+ s, ended [\d.]+ s after that, nothing left behind$/);
    expect(await inGuest('cat /proc/[0-9]*/comm')).not.toMatch(/^bpftrace$/m);
  });

  test('its lines are ticked, and the trial that was left out is said to be', async () => {
    const { code, out, err } = await glockscope('doctor', ...root(), '--no-trial');
    expect(code).toBe(0);
    expect(out).toMatch(/^✔ ok {9}gfs2: loaded$/m);
    expect(out).toMatch(/^– not tried {2}trial attach: left out by --no-trial/m);
    expect(out).toMatch(/Nothing found that would keep attach from working\.$/);
    expect(err).not.toMatch(/starts the real program/);
  });

  test('probes prints the program that its own bpftrace runs as it is', async () => {
    const { code, out } = await glockscope('probes', ...root(), '--json');
    expect(code).toBe(0);
    const plan = v.parse(v.pipe(v.string(), v.parseJson(), PlanJson), out);
    expect(plan.coverage.map((one) => one.capability)).toEqual(capabilities.map((one) => one.name));
    expect(plan.offsets['gfs2_holder.gh_gl']).toBe(16);

    const alone = await glockscope('probes', ...root(), '--program');
    expect(`${alone.out}\n`).toBe(plan.program);
    const text = await glockscope('probes', ...root());
    expect(text.out.endsWith(`\n\n${alone.out}`)).toBe(true);
    expect(text.out).toMatch(/^acquire +k\S+:gfs2_glock_nq/m);

    // grep leaves at its first hit, and the next heartbeat ends bpftrace
    expect(await inGuest('timeout -s INT 100 bpftrace - | grep -m 1 "^R "', plan.program)).toMatch(
      /^R [0-9a-f]+ [0-9a-f]+ [0-9a-f]+ [0-9a-f]+$/m,
    );
  });

  test('a user without rights is told to come as root', async () => {
    const plain = [`ssh://plain@127.0.0.1:${guest.port}`, '-F', guest.sshConfig];
    const { code, failed, warned, detail } = await diagnosed(...plain);
    expect({ code, failed, warned }).toEqual({ code: 3, failed: ['rights'], warned: [] });
    expect(detail('rights')).toMatch(/user id 1000 may not attach probes/);
    expect(detail('tracefs')).toMatch(/only root may look inside/);
    expect(detail('trial attach')).toBe('there is no program to try');
    const refused = await glockscope('probes', ...plain, '--program');
    expect(refused).toMatchObject({ code: 3, out: '', err: expect.stringMatching(/user id 1000.*\n.*What to do: /) });
  });

  test('others who trace are named, and tracepoints that are on', async () => {
    const pid = await inGuest(
      'cp /bin/sleep /tmp/pmdagfs2; echo 1 >/sys/kernel/tracing/events/gfs2/gfs2_promote/enable; ' +
        '/tmp/pmdagfs2 600 </sys/kernel/tracing/trace_pipe >/dev/null 2>&1 & echo $!',
    );
    const { code, failed, warned, detail } = await diagnosed(...root(), '--no-trial');
    expect({ code, failed, warned }).toEqual({ code: 0, failed: [], warned: ['other tracers'] });
    expect(detail('other tracers')).toContain(`pmdagfs2 (process ${pid.trim()}) reads trace_pipe`);
    expect(detail('other tracers')).toContain('some tracepoints of gfs2 are switched on');
    await inGuest(`kill ${pid.trim()}; echo 0 >/sys/kernel/tracing/events/gfs2/enable`);
  });

  test('without debugfs it attaches all the same', async () => {
    await inGuest('if mountpoint -q /sys/kernel/debug/tracing; then umount /sys/kernel/debug/tracing; fi');
    await inGuest('umount /sys/kernel/debug');
    const { code, failed, warned, detail } = await diagnosed(...root());
    expect({ code, failed, warned }).toEqual({ code: 0, failed: [], warned: ['debugfs'] });
    expect(detail('trial attach')).toMatch(/^attached in /);
  });

  test('without tracefs too there is nothing to attach with', async () => {
    await inGuest('umount /sys/kernel/tracing');
    const { code, failed, warned, detail } = await diagnosed(...root());
    expect({ code, failed, warned }).toEqual({ code: 3, failed: ['tracefs'], warned: ['debugfs'] });
    expect(detail('tracefs')).toMatch(/tracefs is not mounted$/);
    await inGuest(
      'mount -t debugfs debugfs /sys/kernel/debug; mount -t tracefs tracefs /sys/kernel/tracing; ls /sys/kernel/debug/tracing/ >/dev/null',
    );
  });

  test('without bpftrace it says how to install it', async () => {
    await inGuest('mv /usr/bin/bpftrace /usr/bin/away');
    const { code, failed, checks } = await diagnosed(...root());
    expect({ code, failed }).toEqual({ code: 3, failed: ['bpftrace'] });
    expect(checks.find((check) => check.name === 'bpftrace')).toMatchObject({
      detail: 'lab-6.12 has no bpftrace',
      remedy: expect.stringContaining('apt-get install bpftrace'),
    });
    await inGuest('mv /usr/bin/away /usr/bin/bpftrace');
  });

  test('without gfs2 mounted it is fit, and without gfs2 loaded it is not', async () => {
    await inGuest('umount /mnt');
    const unmounted = await diagnosed(...root(), '--no-trial');
    expect(unmounted).toMatchObject({ code: 0, failed: [], warned: ['gfs2 mounted'] });
    await inGuest('rmmod gfs2');
    const unloaded = await diagnosed(...root());
    expect(unloaded).toMatchObject({ code: 3, failed: ['gfs2'], warned: ['gfs2 mounted'] });
    expect(unloaded.detail('gfs2')).toMatch(/^gfs2 is not loaded on lab-6\.12 \(kernel 6\.12\./);
    await inGuest('modprobe gfs2; mount -t gfs2 /dev/vdb /mnt');
  });

  test('in lockdown it is told apart: integrity lets probes in, confidentiality does not', async () => {
    await inGuest('echo integrity >/sys/kernel/security/lockdown');
    const integrity = await diagnosed(...root());
    expect({ code: integrity.code, failed: integrity.failed }).toEqual({ code: 0, failed: [] });
    expect(integrity.detail('lockdown')).toMatch(/^integrity/);
    expect(integrity.detail('trial attach')).toMatch(/^attached in /);
    await inGuest('echo confidentiality >/sys/kernel/security/lockdown');
    const { code, failed, detail } = await diagnosed(...root());
    expect({ code, failed }).toEqual({ code: 3, failed: ['tracefs', 'lockdown'] });
    expect(detail('lockdown')).toMatch(/locked down to confidentiality/);
  });

  test('a host out of reach fails in its first line, and nothing else is tried', async () => {
    const { code, checks } = await diagnosed('ssh://root@127.0.0.1:1', '-F', guest.sshConfig);
    const [reach, ...others] = checks;
    expect(code).toBe(3);
    expect(reach).toMatchObject({
      name: 'reach',
      state: 'failed',
      detail: expect.stringMatching(/nothing listens on that port/),
      remedy: expect.stringMatching(/Start sshd there/),
    });
    expect(new Set(others.map((check) => check.state))).toEqual(new Set(['not-tried']));
  });

  test('a target that is none is an error of usage', async () => {
    expect(await glockscope('doctor', 'root@host')).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringMatching(/no target.*\n.*ssh:\/\/root@host/),
    });
    expect(await glockscope('probes', '--program', '--json')).toMatchObject({ code: 2 });
  });
});
