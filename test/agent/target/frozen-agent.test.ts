import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AgentBundle, bundleAgent } from './agent-process.ts';
import { carriersOf, inPath, killLeftovers, marker, pidOf, until } from './processes.ts';
import { flooding, silent } from './programs.ts';

const IDLE_SECONDS = 5;

let agents: AgentBundle;
beforeAll(async () => {
  agents = await bundleAgent();
}, 60_000);
afterAll(() => {
  agents.remove();
  killLeftovers();
});

describe('an agent that freezes while its target streams', () => {
  for (const [variant, needed] of [
    ['perl', 'perl'],
    ['python', 'python3'],
    ['sh', 'sh'],
  ] as const) {
    const lacking = inPath(needed) === undefined ? ` (skipped: no ${needed} on this machine)` : '';
    it.skipIf(lacking !== '').concurrent(
      `loses its program under the ${variant} relay after the idle time, and not before${lacking}`,
      async () => {
        const cases = [silent, flooding].map((program) => {
          const mark = marker();
          const argv = program(mark);
          return { mark, argv, agent: agents.start({ argv, variant, idleSeconds: IDLE_SECONDS }) };
        });
        const runs = () => cases.filter(({ argv }) => pidOf(argv) !== undefined).length;
        try {
          for (const { agent } of cases) {
            agent.stdout?.resume();
          }
          await until('the programs run', () => runs() === 2);
          await delay((IDLE_SECONDS + 3) * 1000);
          expect(runs(), 'pings keep the programs alive').toBe(2);
          for (const { agent } of cases) {
            agent.kill('SIGSTOP');
          }
          await until('the programs are gone', () => runs() === 0, 30);
        } finally {
          for (const { agent } of cases) {
            agent.kill('SIGKILL');
          }
        }
        await until('the relays are gone', () => cases.every(({ mark }) => carriersOf(mark).length === 0), 30);
      },
      120_000,
    );
  }
});
