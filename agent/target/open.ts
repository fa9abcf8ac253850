/** An address in, the target behind it out. I/O only for `lab:`, which asks what guests run here. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Address } from './address.ts';
import { localTarget } from './local.ts';
import { sshTarget } from './ssh.ts';
import type { Target, Unreachable } from './target.ts';

export interface OpenOptions {
  /** In place of ~/.ssh/config. */
  readonly sshConfig?: string;
  /** Where lab guests announce themselves: the cache folder. */
  readonly cacheFolder: string;
}

/** Opens a target; nothing is connected yet, so only an unknown lab guest can fail here. */
export async function openTarget(address: Address, options: OpenOptions): Promise<Target | Unreachable> {
  switch (address.kind) {
    case 'local':
      return localTarget();
    case 'ssh': {
      const { user, host, port } = address;
      return sshTarget({
        user,
        host,
        port,
        ...(options.sshConfig === undefined ? {} : { configFile: options.sshConfig }),
      });
    }
    case 'lab': {
      const guests = await labGuests(options.cacheFolder);
      const guest = guests.find(
        (one) => one.kernel === address.guest || one.suite === address.guest || one.alias === address.guest,
      );
      if (guest !== undefined)
        return sshTarget({ user: undefined, host: guest.alias, port: undefined, configFile: guest.sshConfig });
      const running = guests.map((one) => `lab:${one.kernel}`).join(', ');
      return {
        kind: 'unreachable',
        cause: `no lab guest ${address.guest} runs here${running === '' ? '' : ` (running: ${running})`}`,
        remedy: `start it with: npm run lab -- up ${address.guest}`,
      };
    }
    default:
      return address satisfies never;
  }
}

/** What a running guest says of itself in its guest.json; the lab writes more than is read here. */
const Guest = v.object({
  suite: v.string(),
  kernel: v.string(),
  alias: v.string(),
  sshConfig: v.string(),
  since: v.string(),
});

async function labGuests(cacheFolder: string): Promise<v.InferOutput<typeof Guest>[]> {
  const folder = join(cacheFolder, 'lab', 'guests');
  const guests: v.InferOutput<typeof Guest>[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    const text = await readFile(join(folder, name, 'guest.json'), 'utf8').catch(() => null); // still booting, or just gone
    if (text === null) continue;
    const guest = v.safeParse(Guest, JSON.parse(text));
    if (guest.success) guests.push(guest.output);
  }
  return guests.sort((a, b) => b.since.localeCompare(a.since));
}
