/** `glockscope probes`: prints the plan for a host and the exact program that attach would run there. I/O. */
import { bpftraceCommand } from '../host/bpftrace.ts';
import { type Inspected, inspect, type NotServed } from '../host/inspect.ts';
import { parseAddress } from '../target/address.ts';
import { openTarget } from '../target/open.ts';
import type { CoverageView } from '../wire/view.ts';
import { type ExitCode, exitCode, type Failure, showFailure } from './exit.ts';
import { cacheFolder } from './paths.ts';

export interface ProbesOptions {
  readonly target: string;
  readonly sshConfig?: string;
  /** The plan as table and program, as JSON, or the program alone: for a pipe into bpftrace. */
  readonly form: 'text' | 'json' | 'program';
}

export async function probes({ target: text, sshConfig, form }: ProbesOptions): Promise<ExitCode> {
  const address = parseAddress(text);
  if (address.kind === 'invalid') return fail(address, exitCode.usage);
  const target = await openTarget(address, { cacheFolder, ...(sshConfig === undefined ? {} : { sshConfig }) });
  if ('kind' in target) return fail(target, exitCode.preflight);
  const found = await inspect(target, cacheFolder);
  const said = planText(found, form);
  if (said !== '') process.stdout.write(said);
  return found.kind === 'inspected' ? exitCode.clean : fail(found, exitCode.preflight);
}

/** What goes to stdout: of a host without a plan its coverage, as far as it got. */
export function planText(found: Inspected | NotServed, form: ProbesOptions['form']): string {
  const served = found.kind === 'inspected';
  switch (form) {
    case 'program':
      return served ? found.program : '';
    case 'json':
      return `${JSON.stringify(
        {
          coverage: found.coverage,
          offsets: served ? Object.fromEntries(found.offsets) : {},
          program: served ? found.program : null,
        },
        null,
        2,
      )}\n`;
    case 'text': {
      const table = coverageTable(found.coverage);
      return served ? `${table}\n${commandText(found)}\n\n${found.program}` : table;
    }
    default:
      return form satisfies never;
  }
}

/** Columns: what is seen, by which way, and what is to be known about it. */
function coverageTable(coverage: readonly CoverageView[]): string {
  if (coverage.length === 0) return '';
  const rows = [
    ['capability', 'way', 'notes'],
    ...coverage.map(({ capability, way, note }) => [capability, way ?? 'not seen', note]),
  ];
  const widthOf = (column: number): number => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const [first, second] = [widthOf(0), widthOf(1)];
  return rows
    .map(([capability = '', way = '', note = '']) =>
      `${capability.padEnd(first)}  ${way.padEnd(second)}  ${note}`.trimEnd().concat('\n'),
    )
    .join('');
}

/** The program's own surroundings, as a comment that bpftrace skips. */
function commandText({ survey, program, layout }: Inspected): string {
  const { argv, env } = bpftraceCommand(survey.bpftrace ?? '', program);
  const settings = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const flags = argv.filter((word) => word !== program && word !== '-e');
  const fields = layout === 'btf' ? 'as its BTF says' : 'as on the kernels known, since it has no BTF';
  return [
    `// on ${survey.hostName}, kernel ${survey.kernel}, with gfs2's fields ${fields}; bpftrace ${survey.bpftrace}, run as:`,
    `// ${[...settings, ...flags].join(' ')} -e PROGRAM`,
  ].join('\n');
}

function fail(failure: Failure, code: ExitCode): ExitCode {
  process.stderr.write(`${showFailure(failure)}\n`);
  return code;
}
