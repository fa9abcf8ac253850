// The command `npm run lab`: argv in, one command of commands.ts run, an exit code out.
import { Command, CommanderError, Option } from 'commander';
import { buildImages, connect, down, keep, list, run, up } from './commands.ts';
import { describeFailure } from './failure.ts';
import { defaultSuite, suites } from './suite.ts';

const suiteHelp = `${suites.map((suite) => suite.kernel).join(', ')} or ${suites.map((suite) => suite.name).join(', ')}`;

function program(): Command {
  const lab = new Command('lab')
    .description('Real GFS2 kernels on this machine, in QEMU, made of Debian packages.')
    .exitOverride()
    .enablePositionalOptions();
  lab
    .command('up')
    .argument('[suite]', suiteHelp, defaultSuite)
    .description('boot a guest and keep it until Ctrl-C')
    .option('-d, --detach', 'keep it in the background until `lab down`')
    .option('--for <time>', 'end it after a time such as 90s, 30m or 2h')
    .option('--mount <directory>', 'where to mount gfs2; "none" for not at all', '/mnt')
    .action(up);
  lab
    .command('build')
    .argument('[suite...]', `${suiteHelp} (default: all)`)
    .description('make the images without booting them')
    .option('--refresh', 'ask the mirror for newer packages')
    .action(buildImages);
  lab.command('ls').description('list images and running guests').option('--json', 'as JSON').action(list);
  lab
    .command('ssh')
    .argument('[suite]', suiteHelp, defaultSuite)
    .description('open a shell in a running guest')
    .action(connect);
  lab
    .command('run')
    .argument('<suite>', suiteHelp)
    .argument('<workload...>', 'a workload of test/lab/workloads with its options, or "-- COMMAND…"')
    .description('run a workload or a command in a guest; boots one for the time being where none runs')
    .passThroughOptions()
    .action(run);
  lab
    .command('down')
    .argument('[suite]', `${suiteHelp} (default: all)`)
    .description('end guests that `lab up` keeps')
    .action(down);
  lab
    .command('keep', { hidden: true })
    .argument('<suite>')
    .addOption(new Option('--for <time>'))
    .addOption(new Option('--mount <directory>').default('/mnt'))
    .action(keep);
  return lab;
}

try {
  await program().parseAsync();
} catch (failure) {
  // commander has printed its own message by now
  if (failure instanceof CommanderError) process.exitCode = failure.exitCode === 0 ? 0 : 2;
  else {
    console.error(describeFailure(failure));
    process.exitCode = 1;
  }
}
