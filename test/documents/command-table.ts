/** The commands and options of a commander program in, tables for a document out. */
import { Command, type Option } from 'commander';
import { vi } from 'vitest';
import { main } from '../../agent/cli/main.ts';
import { code, plain, table } from './markdown.ts';

/** The agent's command line. */
export const glockscopeProgram = once(() => main([]));
/** The lab's: its module runs it as soon as it is imported. */
export const labProgram = once(() => import('../lab/main.ts'));

/** The program that `start` would run: built as for a user, and kept from running. */
async function programOf(start: () => Promise<unknown>): Promise<Command> {
  let built: Command | null = null;
  const running = vi.spyOn(Command.prototype, 'parseAsync').mockImplementation(function (this: Command) {
    built ??= this;
    return Promise.resolve(this);
  });
  try {
    await start();
  } finally {
    running.mockRestore();
  }
  if (built === null) throw new Error('no command line was built');
  return built;
}

/** Built at the first call: a module is imported only once. */
function once(start: () => Promise<unknown>): () => Promise<Command> {
  let program: Promise<Command> | null = null;
  return () => {
    program ??= programOf(start);
    return program;
  };
}

/** The commands that `--help` shows. */
export const commandsOf = (program: Command): Command[] =>
  [...program.createHelp().visibleCommands(program)].filter((command) => command.name() !== 'help');

/** Two tables: commands with their arguments, and options with the commands that take them. */
export function commandTables(program: Command): string {
  const commands = commandsOf(program);
  return [
    table(
      ['Command', 'Does'],
      commands.map((command) => [code([command.name(), ...argumentsOf(command)].join(' ')), plain(doesOf(command))]),
    ),
    table(['Option', 'Of', 'Meaning'], optionRows(commands)),
  ].join('\n\n');
}

const argumentsOf = (command: Command): string[] =>
  command.registeredArguments.map((one) => {
    const name = `${one.name()}${one.variadic ? '…' : ''}`;
    return one.required ? `<${name}>` : `[${name}]`;
  });

/** The description, and below it what the arguments are. */
function doesOf(command: Command): string {
  const meanings = command.registeredArguments.flatMap((one) => {
    const unless = one.defaultValue === undefined ? '' : `; ${[one.defaultValue].flat().join(' ')} unless told`;
    return one.description === '' ? [] : [`${one.name()}: ${one.description}${unless}`];
  });
  return [command.description(), ...meanings].join('. ');
}

function optionRows(commands: readonly Command[]): string[][] {
  const takers = new Map<string, { option: Option; of: string[] }>();
  for (const command of commands) {
    for (const option of command.options) {
      const key = `${option.flags} ${meaningOf(option)}`;
      const known = takers.get(key) ?? { option, of: [] };
      known.of.push(code(command.name()));
      takers.set(key, known);
    }
  }
  return [...takers.values()].map(({ option, of }) => [code(option.flags), of.join(' '), plain(meaningOf(option))]);
}

function meaningOf(option: Option): string {
  const { description, argChoices, defaultValue } = option;
  const choices = argChoices === undefined ? '' : ` (${argChoices.join(', ')})`;
  const unless =
    typeof defaultValue === 'string' || typeof defaultValue === 'number' ? `; ${defaultValue} unless told` : '';
  return `${description}${choices}${unless}`;
}
