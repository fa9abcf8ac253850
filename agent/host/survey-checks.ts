/** Checks of what attaching itself looks at: rights, kernel, bpftrace, gfs2, BTF, symbols. Facts in, checks out. Pure. */
import { mayTrace } from '../../probes/privilege.ts';
import { atLeast } from './bpftrace-version.ts';
import { type Check, failed, notTried, ok, warning } from './check.ts';
import type { Examined } from './doctor-facts.ts';

const unsurveyed = 'the host could not be looked at as attach does';

export function rightsCheck(name: string, { host, found: { survey } }: Examined): Check {
  if (survey === null) return notTried(name, unsurveyed);
  if (survey.uid !== 0) {
    const has = mayTrace(host.rights) ? '; it has CAP_BPF and CAP_PERFMON, but bpftrace insists on root' : '';
    return failed(
      name,
      `user id ${survey.uid} may not attach probes: that takes root${has}`,
      'Attach as root: ssh://root@HOST, or run glockscope with sudo.',
    );
  }
  if (mayTrace(host.rights)) return ok(name, 'root, with the rights to load and attach tracing programs');
  return failed(
    name,
    `root without CAP_BPF and CAP_PERFMON (CapEff ${host.rights.toString(16)}), as in a container`,
    'Attach to the host itself, or start the container with --privileged.',
  );
}

export function kernelCheck(name: string, { found: { survey } }: Examined): Check {
  if (survey === null) return notTried(name, unsurveyed);
  const kernel = `Linux ${survey.kernel} on ${survey.machine}, host ${survey.hostName}`;
  if (survey.machine === 'x86_64') return ok(name, kernel);
  return warning(
    name,
    `${kernel}: call sites are read from the stack as x86_64 lays it out, so here they would be wrong`,
    'Do not rely on call sites on this host; all else is the same.',
  );
}

/** The oldest with which the programs were measured. */
const leastBpftrace = [0, 11] as const;

export function bpftraceCheck(name: string, { host, found: { survey } }: Examined): Check {
  if (survey === null) return notTried(name, unsurveyed);
  if (survey.bpftrace === null) {
    const [place] = host.bpftracePlaces;
    return place === undefined
      ? failed(
          name,
          `${survey.hostName} has no bpftrace`,
          'Install it there: apt-get install bpftrace, or dnf install bpftrace.',
        )
      : failed(
          name,
          `${place} is there, but does not run as bpftrace, or is not in the PATH that this user's programs get`,
          `Try it there: ${place} --version; then link it into /usr/local/bin or /usr/bin.`,
        );
  }
  if (atLeast(survey.bpftrace, leastBpftrace)) return ok(name, survey.bpftrace);
  return warning(
    name,
    `${survey.bpftrace} is older than any that glockscope was measured with`,
    `Update it to ${leastBpftrace.join('.')} or newer if the trial attach fails.`,
  );
}

export function gfs2Check(name: string, { found: { survey } }: Examined): Check {
  if (survey === null) return notTried(name, unsurveyed);
  if (survey.gfs2Loaded) return ok(name, 'loaded');
  return failed(
    name,
    `gfs2 is not loaded on ${survey.hostName} (kernel ${survey.kernel})`,
    'Mount a GFS2 file system there, or: modprobe gfs2',
  );
}

export function mountCheck(name: string, { found: { survey } }: Examined): Check {
  if (survey === null) return notTried(name, unsurveyed);
  if (survey.mounts.length > 0) {
    return ok(name, survey.mounts.map((mount) => `${mount.name} on ${mount.mountPoint}`).join(', '));
  }
  return warning(
    name,
    'no GFS2 file system is mounted: there is nothing to see yet',
    'Mount one, before or after attaching.',
  );
}

export function btfCheck(name: string, { found: { survey } }: Examined): Check {
  if (survey === null) return notTried(name, unsurveyed);
  if (!survey.vmlinuxBtf) {
    return failed(
      name,
      `there is no /sys/kernel/btf/vmlinux on ${survey.hostName}, so the places of kernel fields are unknown`,
      'A kernel with CONFIG_DEBUG_INFO_BTF is needed.',
    );
  }
  if (survey.gfs2Btf) return ok(name, 'of the kernel and of gfs2');
  if (!survey.gfs2Loaded) return notTried(name, "the kernel's is there; gfs2's comes with the module");
  return warning(
    name,
    "the kernel's is there, gfs2's is not: its structs are read where they are on the kernels known, and what is read is checked as it comes",
    'Nothing, when the findings make sense. From 5.11 on, CONFIG_DEBUG_INFO_BTF_MODULES tells it exactly.',
  );
}

export function symbolsCheck(name: string, { found: { survey } }: Examined): Check {
  if (survey === null) return notTried(name, unsurveyed);
  if (!survey.gfs2Loaded) return notTried(name, 'gfs2 is not loaded');
  if (survey.symbols.length > 0) return ok(name, `${survey.symbols.length} functions of gfs2 have names`);
  if (survey.uid !== 0) return notTried(name, 'only root may see the addresses');
  return warning(
    name,
    '/proc/kallsyms hides the addresses of gfs2: call sites are shown as numbers',
    'Allow it there for root: sysctl kernel.kptr_restrict=1',
  );
}
