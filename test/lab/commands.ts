// The commands of `npm run lab`: each takes what was typed, does it, and prints what people want to know.
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { parseDuration } from './duration.ts';
import { LabError } from './failure.ts';
import { bootGuest } from './guest.ts';
import { ensureImage, listImages } from './image.ts';
import { holdGuest, keepGuest, startKeeper } from './keeper.ts';
import { isAlive } from './process-identity.ts';
import { progressDisplay } from './progress.ts';
import { type GuestRecord, runningGuests } from './registry.ts';
import { runBySsh } from './ssh.ts';
import { parseSuite, suites } from './suite.ts';
import { type Runner, runWorkload } from './workload.ts';

interface UpOptions {
  readonly detach?: boolean;
  readonly for?: string;
  readonly mount: string;
}

export async function up(suiteText: string, options: UpOptions): Promise<void> {
  const suite = parseSuite(suiteText);
  const forMs = options.for === undefined ? undefined : parseDuration(options.for);
  const present = await findGuest(suite.kernel);
  if (present) {
    console.log(`It runs already.\n${describeGuest(present)}`);
    return;
  }
  const show = progressDisplay(process.stderr);
  if (options.detach) {
    const time = options.for === undefined ? [] : ['--for', options.for];
    await startKeeper([suite.kernel, '--mount', options.mount, ...time], show);
    await printGuest(suite.kernel);
    console.log(`It runs ${options.for ? `for ${options.for}` : 'until `npm run lab -- down`'}.`);
    return;
  }
  await holdGuest({ suite: suite.kernel, mount: options.mount, forMs, ownerKind: 'up' }, show, () => {
    void printGuest(suite.kernel).then(() => console.log('Ctrl-C ends it.'));
  });
}

/** Not for people: the process behind `up --detach`. */
export async function keep(suite: string, options: UpOptions): Promise<void> {
  const forMs = options.for === undefined ? undefined : parseDuration(options.for);
  await keepGuest({ suite, mount: options.mount, forMs, ownerKind: 'keeper' });
}

export async function buildImages(names: readonly string[], options: { readonly refresh?: boolean }): Promise<void> {
  const wanted = names.length > 0 ? names.map(parseSuite) : suites;
  for (const suite of wanted) {
    const image = await ensureImage(suite, progressDisplay(process.stderr), options);
    console.log(`${suite.kernel}: Linux ${image.release}, bpftrace ${image.bpftrace}: ${image.directory}`);
  }
}

export async function list(options: { readonly json?: boolean }): Promise<void> {
  const [images, guests] = [await listImages(), await runningGuests()];
  if (options.json) {
    console.log(JSON.stringify({ images, guests }, null, 2));
    return;
  }
  console.log(images.length === 0 ? 'No images yet: `npm run lab -- up` builds one.' : 'Images');
  for (const image of images) {
    console.log(
      `  ${image.kernel.padEnd(5)} Linux ${image.release}, bpftrace ${image.bpftrace}, built ${image.builtAt}`,
    );
  }
  console.log(guests.length === 0 ? 'No guest runs.' : 'Guests');
  for (const guest of guests) console.log(describeGuest(guest));
}

/** A shell for a person; its exit code becomes ours. */
export async function connect(suiteText: string): Promise<void> {
  const guest = await runningGuest(parseSuite(suiteText).kernel);
  const { exitCode } = await execa('ssh', ['-F', guest.sshConfig, guest.alias], { stdio: 'inherit', reject: false });
  process.exitCode = exitCode ?? 1;
}

export async function run(suiteText: string, words: readonly string[]): Promise<void> {
  const { kernel } = parseSuite(suiteText);
  const present = await findGuest(kernel);
  if (present) return await runIn(runnerOf(present), words);
  await using guest = await bootGuest({ suite: kernel, onProgress: progressDisplay(process.stderr) });
  await runIn(guest, words);
}

async function runIn(guest: Runner, words: readonly string[]): Promise<void> {
  const [first = '', ...rest] = words;
  if (first !== '--') {
    console.log(JSON.stringify(await runWorkload(guest, first, rest)));
    return;
  }
  const { exitCode, stdout, stderr } = await guest.run(rest);
  if (stdout !== '') console.log(stdout);
  if (stderr !== '') console.error(stderr);
  process.exitCode = exitCode ?? 1;
}

export async function down(suiteText?: string): Promise<void> {
  const kernel = suiteText === undefined ? undefined : parseSuite(suiteText).kernel;
  const guests = (await runningGuests()).filter((guest) => kernel === undefined || guest.kernel === kernel);
  if (guests.length === 0) console.log('No guest runs.');
  for (const guest of guests) {
    if (guest.ownerKind === 'test') {
      console.log(`${guest.alias} on port ${guest.port} belongs to process ${guest.owner.pid}: it ends with it.`);
      continue;
    }
    process.kill(guest.owner.pid, 'SIGTERM');
    for (let waitedMs = 0; isAlive(guest.owner); waitedMs += 100) {
      // twice the time that a power-off may take before it is forced
      if (waitedMs > 20_000) {
        throw new LabError(`${guest.alias} does not end`, `kill -KILL ${guest.owner.pid}: the guest ends with it`);
      }
      await sleep(100);
    }
    console.log(`${guest.alias} is down.`);
  }
}

async function runningGuest(kernel: string): Promise<GuestRecord> {
  const guest = await findGuest(kernel);
  if (guest) return guest;
  throw new LabError(`no guest with kernel ${kernel} runs`, `npm run lab -- up ${kernel} --detach`);
}

async function findGuest(kernel: string): Promise<GuestRecord | undefined> {
  return (await runningGuests()).find((guest) => guest.kernel === kernel && existsSync(guest.sshConfig));
}

async function printGuest(kernel: string): Promise<void> {
  console.log(describeGuest(await runningGuest(kernel)));
}

function runnerOf(guest: GuestRecord): Runner {
  return {
    alias: guest.alias,
    run: (command, options) => runBySsh(guest.sshConfig, guest.alias, command, options),
  };
}

function describeGuest(guest: GuestRecord): string {
  return [
    `  ${guest.alias}: ${guest.suite}, gfs2 on ${guest.mount}, port ${guest.port}, ${guest.accelerator}, since ${guest.since}, ${guest.ownerKind} ${guest.owner.pid}`,
    `    trace it  npm start -- attach ssh://root@127.0.0.1:${guest.port} --ssh-config ${guest.sshConfig}`,
    `    enter it  npm run lab -- ssh ${guest.kernel}    (ssh -F ${guest.sshConfig} ${guest.alias})`,
    `    load it   npm run lab -- run ${guest.kernel} self --count 1000 --pause 100`,
    `    console   ${guest.console}`,
  ].join('\n');
}
