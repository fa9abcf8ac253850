/** The program of `agent-process.ts`: streams one program and passes on what it prints. */
import * as v from 'valibot';
import { localTarget } from '../../../agent/target/local.ts';
import { RELAY_DEFAULTS } from '../../../agent/target/relay.ts';
import { sshTarget } from '../../../agent/target/ssh.ts';

const Settings = v.object({
  argv: v.array(v.string()),
  idleSeconds: v.number(),
  variant: v.picklist(['auto', 'perl', 'python', 'sh']),
  ssh: v.optional(v.object({ host: v.string(), configFile: v.string() })),
});

const { argv, ssh, ...relaySettings } = v.parse(Settings, JSON.parse(process.argv[2] ?? ''));
const relay = { ...RELAY_DEFAULTS, ...relaySettings };
const target = ssh === undefined ? localTarget(relay) : sshTarget({ ...ssh, user: undefined, port: undefined, relay });
for await (const chunk of target.stream(argv).chunks) {
  process.stdout.write(chunk);
}
