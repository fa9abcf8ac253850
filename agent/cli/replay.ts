/** `glockscope replay` and the demonstration: recordings on a page at their own pace, or through at once as JSON. I/O. */
import type { Outcome } from '../session/session.ts';
import { summarize } from '../session/summary.ts';
import { type ExitCode, exitCode, showFailure } from './exit.ts';
import { Playing } from './play.ts';
import { outcomeJson, outcomeText, summaryJson, summaryText } from './print.ts';
import { note, print } from './say.ts';
import { openStage } from './stage.ts';
import { type Demands, verdict } from './verdict.ts';

export interface ReplayOptions extends Demands {
  readonly files: readonly string[];
  readonly speed: number;
  readonly loop: boolean;
  readonly json: boolean;
  /** Serve a page on this port; null for no page: then everything is gone through at once. */
  readonly port: number | null;
}

/** The end of a looped recording stays this long, so that a deadlock at its end can be read, ms. */
const loopRestMs = 8000;

export async function replay(options: ReplayOptions, interrupt: AbortSignal): Promise<ExitCode> {
  const playings: Playing[] = [];
  for (const file of options.files) {
    const playing = await Playing.open(file, new Set(playings.map((one) => one.publisher.status.node)));
    if ('kind' in playing) {
      note(showFailure(playing));
      return exitCode.preflight;
    }
    playings.push(playing);
  }
  if (options.port === null) {
    const said = (outcome: Outcome): void => print(options.json ? outcomeJson(outcome) : outcomeText(outcome));
    for (const playing of playings) {
      const problem = await playing.run({ speed: 0, loop: false }, said, interrupt);
      if (problem !== null) {
        note(showFailure(problem));
        return exitCode.preflight;
      }
      print(options.json ? summaryJson(summarize(playing.session)) : summaryText(summarize(playing.session)));
    }
    return interrupt.aborted
      ? exitCode.interrupted
      : verdict(
          playings.map((playing) => summarize(playing.session)),
          options,
        );
  }
  const stage = await openStage(options.port, 'replay', () => playings.map((playing) => playing.publisher));
  if (stage.kind === 'failed') {
    note(showFailure(stage));
    return exitCode.preflight;
  }
  for (const { publisher } of playings) note(`glockscope: plays a recording: ${publisher.status.playing?.title ?? ''}`);
  note(`glockscope: open ${stage.url}`);
  await Promise.all(
    playings.map((playing) => playing.run({ ...options, restMs: loopRestMs }, () => undefined, interrupt)),
  );
  // Played once: the page stays until the user is done with it.
  if (!interrupt.aborted)
    await new Promise<void>((resolve) => interrupt.addEventListener('abort', () => resolve(), { once: true }));
  await stage.close();
  return exitCode.interrupted;
}
