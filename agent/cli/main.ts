/** The command line: one table of commands, signals, and the exit code. The composition root. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { severities } from '../wire/view.ts';
import { attach } from './attach.ts';
import { doctor } from './doctor.ts';
import { type ExitCode, exitCode } from './exit.ts';
import { probes } from './probes.ts';
import { replay } from './replay.ts';
import { start } from './start.ts';
import { version } from './version.ts';

/** The port of the page unless told otherwise. */
export const defaultPort = 7411;

/** What a timer can wait, s. */
const maxDurationS = 2_147_483;
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs one command.
 * @param argv the arguments, without node and script
 * @returns the exit code, once everything is flushed and stopped
 */
export async function main(argv: readonly string[]): Promise<ExitCode> {
  const interrupt = new AbortController();
  const heed = (): void => {
    // A second one means it: the lifeline ends what runs on the host.
    if (interrupt.signal.aborted) process.exit(exitCode.interrupted);
    interrupt.abort();
  };
  for (const signal of signals) process.on(signal, heed);
  let code: ExitCode = exitCode.clean;
  const program = commands(interrupt.signal, (ended) => {
    code = ended;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.clean : exitCode.usage;
    throw error;
  } finally {
    for (const signal of signals) process.off(signal, heed);
  }
  return code;
}

function commands(interrupt: AbortSignal, end: (code: ExitCode) => void): Command {
  const program = new Command('glockscope')
    .description(
      'See who holds which GFS2 lock, what they are waiting for, and every page-fault retry, live, on a real host.',
    )
    .version(version)
    // before the subcommands, which inherit it as they are made
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ sortSubcommands: false });

  program
    .command('start', { isDefault: true })
    .description('watch this host where it has gfs2 and bpftrace, else play recordings of real kernels')
    .addOption(portOption())
    // What is no command comes here, since this one is the default.
    .allowExcessArguments()
    .action(async ({ port }: { port: number }, { args: [unknown] }: Command) => {
      if (unknown !== undefined) program.error(`error: unknown command '${unknown}' (see glockscope --help)`);
      end(await start(port, interrupt));
    });

  program
    .command('attach')
    .description('watch live hosts on a page')
    .argument('[targets...]', 'local, ssh://[user@]host[:port] or lab:6.1', ['local'])
    .addOption(portOption())
    .option('--no-page', 'print only, serve no page')
    .addOption(sshConfigOption())
    .addOption(durationOption())
    .addOption(failOnOption())
    .addOption(maxLossOption())
    .option('--json', 'print retries, findings and the sums as lines of JSON', false)
    .action(async (targets: string[], { page, ...options }: AttachFlags & { page: boolean; port: number }) =>
      end(await attach({ targets, ...given(options), port: page ? options.port : null, overwrite: false }, interrupt)),
    );

  program
    .command('record')
    .description('keep what one live host says in a file, for replay')
    .argument('[target]', 'local, ssh://[user@]host[:port] or lab:6.1', 'local')
    .requiredOption('-o, --output <file>', 'the recording')
    .option('--title <text>', 'what it shows, for whoever replays it')
    .option('--force', 'overwrite the file', false)
    .addOption(
      new Option('-p, --port <number>', 'watch it on a page meanwhile, on 127.0.0.1; 0 takes a free port').argParser(
        portNumber,
      ),
    )
    .addOption(sshConfigOption())
    .addOption(durationOption())
    .addOption(failOnOption())
    .addOption(maxLossOption())
    .option('--json', 'print retries, findings and the sums as lines of JSON', false)
    .action(
      async (
        target: string,
        flags: AttachFlags & { output: string; force: boolean; title?: string; port?: number },
      ) => {
        const { output, force, port = null, ...options } = flags;
        end(
          await attach({ targets: [target], ...given(options), port, recordTo: output, overwrite: force }, interrupt),
        );
      },
    );

  program
    .command('replay')
    .description('play recordings on a page, or go through them at once with --no-page')
    .argument('<files...>', 'recordings made with glockscope record')
    .addOption(portOption())
    .option('--no-page', 'go through at once and print')
    .addOption(new Option('--speed <factor>', '1 is the real pace').default(1).argParser(positive))
    .option('--loop', 'start over at the end', false)
    .addOption(failOnOption())
    .addOption(maxLossOption())
    .option('--json', 'print retries, findings and the sums as lines of JSON; implies --no-page', false)
    .action(async (files: string[], flags: ReplayFlags) => {
      const { page, port, ...options } = flags;
      end(await replay({ files, ...given(options), port: page && !options.json ? port : null }, interrupt));
    });

  program
    .command('doctor')
    .description('see whether attach would work on a host, and what to do where not')
    .argument('[target]', 'local, ssh://[user@]host[:port] or lab:6.1', 'local')
    .addOption(sshConfigOption())
    .option('--no-trial', 'do not start the real program for a moment')
    .option('--json', 'print the checks as a JSON array', false)
    .action(async (target: string, flags: { trial: boolean; json: boolean; sshConfig?: string }) =>
      end(await doctor({ target, ...flags }, interrupt)),
    );

  program
    .command('probes')
    .description('print what can be seen on a host, by which ways, and the exact program that would run there')
    .argument('[target]', 'local, ssh://[user@]host[:port] or lab:6.1', 'local')
    .addOption(sshConfigOption())
    .addOption(new Option('--program', 'print the program alone, for a pipe into bpftrace').conflicts('json'))
    .option('--json', 'print coverage, offsets and program as JSON')
    .action(async (target: string, { program, json, ...flags }: ProbesFlags) =>
      end(await probes({ target, ...flags, form: json ? 'json' : program ? 'program' : 'text' })),
    );

  return program;
}

interface AttachFlags {
  json: boolean;
  sshConfig?: string;
  durationS?: number;
  failOn?: (typeof severities)[number];
  maxLoss?: number;
}
interface ProbesFlags {
  program?: true;
  json?: true;
  sshConfig?: string;
}
interface ReplayFlags {
  page: boolean;
  port: number;
  speed: number;
  loop: boolean;
  json: boolean;
  failOn?: (typeof severities)[number];
  maxLoss?: number;
}

/** Flags under the names that the options have: commander calls `--duration` `duration`. */
const given = <Flags extends object>(
  flags: Flags & { duration?: number },
): Omit<Flags, 'duration'> & { durationS?: number } => {
  const { duration, ...rest } = flags;
  return duration === undefined ? rest : { ...rest, durationS: duration };
};

const portOption = (): Option =>
  new Option('-p, --port <number>', 'of the page on 127.0.0.1; 0 takes a free one')
    .default(defaultPort)
    .argParser((text) => {
      const port = Number(text);
      if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.');
      return port;
    });
const sshConfigOption = (): Option => new Option('-F, --ssh-config <file>', 'for ssh, in place of ~/.ssh/config');
const durationOption = (): Option =>
  new Option('-d, --duration <seconds>', 'stop after this time').argParser((text) => {
    // Node takes a longer timer for none and ends at once.
    if (positive(text) > maxDurationS) throw new InvalidArgumentError(`At most ${maxDurationS}, which is 24 days.`);
    return positive(text);
  });
const failOnOption = (): Option =>
  new Option('--fail-on <severity>', 'exit with 1 on a finding at least this severe').choices([...severities]);
const maxLossOption = (): Option =>
  new Option('--max-loss <records>', 'exit with 4 when more records were lost').argParser((text) => {
    if (!/^\d+$/.test(text)) throw new InvalidArgumentError('A number of records.');
    return Number(text);
  });

function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('A number above 0.');
  return value;
}
