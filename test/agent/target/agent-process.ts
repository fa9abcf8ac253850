/**
 * Starts a node process of its own that uses a target as the agent does, to be killed or frozen by a test. Node 20 does
 * not run TypeScript, so the process's program is bundled first, with what it imports.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

export interface AgentBundle {
  /** Runs `target.stream(argv)` and reads it; `settings` is what `attached-agent.ts` takes. */
  start(settings: object): ChildProcess;
  remove(): void;
}

export async function bundleAgent(): Promise<AgentBundle> {
  const folder = mkdtempSync(join(tmpdir(), 'glockscope-agent-'));
  await build({
    configFile: false,
    logLevel: 'error',
    root: fileURLToPath(new URL('../../..', import.meta.url)),
    ssr: { noExternal: true },
    build: {
      ssr: fileURLToPath(new URL('attached-agent.ts', import.meta.url)),
      outDir: folder,
      emptyOutDir: false,
      rolldownOptions: { output: { entryFileNames: 'agent.mjs' } },
    },
  });
  return {
    start: (settings) =>
      spawn(process.execPath, [join(folder, 'agent.mjs'), JSON.stringify(settings)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      }),
    remove: () => rmSync(folder, { recursive: true }),
  };
}
