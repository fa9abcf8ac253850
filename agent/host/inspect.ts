/** A target in, what can be attached there out: survey, BTF, plan and program, or the reason and the remedy. I/O. */
import { gunzipSync } from 'node:zlib';
import { knownGfs2Layout } from '../../probes/gfs2-layout.ts';
import { type OffsetTable, writeProgram } from '../../probes/program.ts';
import type { Ran, Target } from '../target/target.ts';
import type { CoverageView } from '../wire/view.ts';
import { dialectOf } from './bpftrace.ts';
import type { Btf } from './btf/btf.ts';
import { parseBtf } from './btf/parse.ts';
import { keepBtf, keptBtf } from './btf-cache.ts';
import { offsetsFrom } from './offset-table.ts';
import { functionsWanted, makePlan } from './plan.ts';
import { readSurvey, type Survey, surveyScript } from './survey.ts';

export interface Inspected {
  readonly kind: 'inspected';
  readonly survey: Survey;
  readonly offsets: OffsetTable;
  readonly coverage: readonly CoverageView[];
  readonly program: string;
  /** Where the places of gfs2's own fields are from: the host's BTF, or the table for kernels whose modules have none. */
  readonly layout: 'btf' | 'known';
}
export interface NotServed {
  readonly kind: 'not-served';
  readonly cause: string;
  readonly remedy: string;
  /** What was learnt before it failed. */
  readonly survey: Survey | null;
  readonly coverage: readonly CoverageView[];
}

/** Looks at the host and writes the program for it. Reads only. */
export async function inspect(target: Target, cacheFolder: string): Promise<Inspected | NotServed> {
  const answer = await target.run(['sh', '-c', surveyScript(functionsWanted)], { timeoutMs: 60_000 });
  if (answer.kind === 'unreachable') return refuse(answer.cause, answer.remedy);
  if (answer.kind !== 'exited')
    return refuse(`looking at the host ${endOf(answer)}`, 'Try again; the host may be overloaded.');
  const survey = readSurvey(answer.text);
  if (survey === null)
    return refuse(
      `the host answered only in part: ${answer.stderr.trim()}`,
      'Its login shell must run sh -c; try: ssh HOST true',
    );
  const unfit = unfitness(survey);
  if (unfit !== null) return { ...refuse(unfit.cause, unfit.remedy), survey };

  const btf = await readBtf({ target, survey, cacheFolder });
  if (btf.kind === 'failed') return { ...refuse(btf.cause, btf.remedy), survey };
  const plan = makePlan(survey, btf.offsets);
  if (plan.kind === 'no-plan') return { ...refuse(plan.cause, plan.remedy), survey, coverage: plan.coverage };
  const program = writeProgram(plan.ways, btf.offsets, survey.possibleCpus, dialectOf(survey.bpftrace ?? ''));
  return { kind: 'inspected', survey, offsets: btf.offsets, coverage: plan.coverage, program, layout: btf.layout };
}

const refuse = (cause: string, remedy: string): NotServed => ({
  kind: 'not-served',
  cause,
  remedy,
  survey: null,
  coverage: [],
});

/** What makes attaching pointless, before anything is tried. */
function unfitness(survey: Survey): { cause: string; remedy: string } | null {
  if (survey.bpftrace === null) {
    return {
      cause: `${survey.hostName} has no bpftrace`,
      remedy: 'Install it there: apt-get install bpftrace, or dnf install bpftrace.',
    };
  }
  if (!survey.gfs2Loaded) {
    return {
      cause: `gfs2 is not loaded on ${survey.hostName} (kernel ${survey.kernel})`,
      remedy: 'Mount a GFS2 file system there, or: modprobe gfs2',
    };
  }
  if (survey.uid !== 0) {
    return {
      cause: `user id ${survey.uid} on ${survey.hostName} may not attach probes`,
      remedy: 'Attach as root: ssh://root@HOST, or run glockscope with sudo.',
    };
  }
  if (survey.functions === null) {
    return {
      cause: `the list of attachable functions cannot be read on ${survey.hostName}`,
      remedy: 'Mount tracefs there: mount -t tracefs none /sys/kernel/tracing. Kernel lockdown also hides it.',
    };
  }
  return null;
}

type Fields =
  | { readonly kind: 'offsets'; readonly offsets: OffsetTable; readonly layout: Inspected['layout'] }
  | Failed;
interface Failed {
  readonly kind: 'failed';
  readonly cause: string;
  readonly remedy: string;
}
/** Where BTF is read from and kept. */
interface Source {
  readonly target: Target;
  readonly survey: Survey;
  readonly cacheFolder: string;
}
type Part = 'vmlinux' | 'gfs2';

/** Beyond this it is no kernel's BTF: vmlinux's is 4 to 6 MB. */
const maxBtfBytes = 256 << 20;
const tryAgain = 'Attach again; when it stays so, report the kernel version and this message.';

async function readBtf(source: Source): Promise<Fields> {
  const { survey } = source;
  if (!survey.vmlinuxBtf) {
    return failed(survey, 'there is no /sys/kernel/btf/vmlinux', 'A kernel with CONFIG_DEBUG_INFO_BTF is needed.');
  }
  const base = await partOf(source, 'vmlinux');
  if (base.kind === 'failed') return base;
  if (!survey.gfs2Btf) {
    // Before 5.11 modules have no BTF. The layout is then the known one, and what it reads is checked as it comes.
    return { kind: 'offsets', offsets: new Map([...offsetsFrom(base).table, ...knownGfs2Layout]), layout: 'known' };
  }
  const btf = await partOf(source, 'gfs2', base);
  if (btf.kind === 'failed') return btf;
  return { kind: 'offsets', offsets: offsetsFrom(btf).table, layout: 'btf' };
}

const failed = (survey: Survey, cause: string, remedy: string): Failed => ({
  kind: 'failed',
  cause: `${cause} on ${survey.hostName} (kernel ${survey.kernel}), so the places of kernel fields are unknown`,
  remedy,
});

/** One part's BTF, from the cache when a whole copy is there, else from the host; only what could be read is kept. */
async function partOf(source: Source, part: Part, base?: Btf): Promise<Btf | Failed> {
  const { survey, cacheFolder } = source;
  const kept = await keptBtf(cacheFolder, survey.build, part);
  const known = kept === null ? null : parseBtf(kept, base);
  if (known?.kind === 'btf') return known;
  const bytes = await fetchBtf(source, part);
  if ('kind' in bytes) return bytes;
  const btf = parseBtf(bytes, base);
  if (btf.kind === 'btf-error')
    return failed(survey, `the BTF of ${part} is damaged (${btf.why} at byte ${btf.atByte})`, tryAgain);
  await keepBtf(cacheFolder, survey.build, part, bytes);
  return btf;
}

/** BTF bytes as the host has them; compressed on the way where it has gzip. */
async function fetchBtf({ target, survey }: Source, part: Part): Promise<Uint8Array | Failed> {
  const path = `/sys/kernel/btf/${part}`;
  const ran = await target.run(['sh', '-c', 'gzip -c "$0" 2>/dev/null || cat "$0"', path], { timeoutMs: 120_000 });
  if (ran.kind === 'unreachable') return { kind: 'failed', cause: ran.cause, remedy: ran.remedy };
  if (ran.kind !== 'exited' || ran.code !== 0) return failed(survey, `reading ${path} ${endOf(ran)}`, tryAgain);
  if (ran.stdout[0] !== 0x1f || ran.stdout[1] !== 0x8b) return ran.stdout;
  try {
    return gunzipSync(ran.stdout, { maxOutputLength: maxBtfBytes });
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unreadable';
    return failed(survey, `${path} came damaged (${why})`, tryAgain);
  }
}

function endOf(ran: Exclude<Ran, { kind: 'unreachable' }>): string {
  switch (ran.kind) {
    case 'exited':
      return `ended with ${ran.code}: ${ran.stderr.trim().slice(0, 300)}`;
    case 'signalled':
      return `was ended by ${ran.signal}`;
    case 'timed-out':
      return `took more than ${ran.timeoutMs / 1000} s`;
    case 'overflowed':
      return `printed more than ${ran.maxBytes} bytes`;
    default:
      return ran satisfies never;
  }
}
