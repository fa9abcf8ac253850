/** The constants that the documents speak of in, a table out: figures in a document are the code's own. */
import { defaultPort } from '../../agent/cli/main.ts';
import { tickMs } from '../../agent/cli/stage.ts';
import { maxTasks } from '../../agent/model/model.ts';
import { recordingVersion } from '../../agent/recording/header.ts';
import { defaultLimits } from '../../agent/serve/feed.ts';
import { PING_EVERY_MS, RELAY_DEFAULTS } from '../../agent/target/relay.ts';
import { maxLineBytes } from '../../agent/trace/decode.ts';
import { holdNs, settleNs } from '../../agent/trace/order.ts';
import { bounds, protocol } from '../../agent/wire/message.ts';
import { heartbeatMs } from '../../probes/program.ts';
import { code, table } from './markdown.ts';

const ms = (ns: number): string => `${ns / 1e6} ms`;

export const numberTable = (): string =>
  table(
    ['What', 'How much', 'Where'],
    [
      ['a CPU says that it is alive every', `${heartbeatMs} ms`, 'probes/program.ts'],
      ['a record waits for older ones of a CPU that was idle (settle time)', ms(settleNs), 'agent/trace/order.ts'],
      ['a silent CPU holds the others back at most (hold time)', ms(holdNs), 'agent/trace/order.ts'],
      ['longest line', `${maxLineBytes} bytes`, 'agent/trace/decode.ts'],
      ['the agent pings the relay every', `${PING_EVERY_MS / 1000} s`, 'agent/target/relay.ts'],
      ['without a ping the relay ends bpftrace after', `${RELAY_DEFAULTS.idleSeconds} s`, 'agent/target/relay.ts'],
      ['from SIGTERM to SIGKILL', `${RELAY_DEFAULTS.graceSeconds} s`, 'agent/target/relay.ts'],
      ['tasks kept by the model', String(maxTasks), 'agent/model/model.ts'],
      ['pages are told what is new every', `${tickMs} ms`, 'agent/cli/stage.ts'],
      [
        'retries, findings and tasks on a page',
        `${bounds.retries}, ${bounds.findings}, ${bounds.tasks}`,
        'agent/wire/message.ts',
      ],
      ['seconds of rates on a page', String(bounds.rateSeconds), 'agent/wire/message.ts'],
      ['pages at once', String(defaultLimits.clients), 'agent/serve/feed.ts'],
      ['updates that a page may be behind', String(defaultLimits.unseenUpdates), 'agent/serve/feed.ts'],
      ['bytes that may wait for a page', `${defaultLimits.bufferedBytes >> 20} MiB`, 'agent/serve/feed.ts'],
      ['port of the page', String(defaultPort), 'agent/cli/main.ts'],
      ['version of the wire protocol', String(protocol), 'agent/wire/message.ts'],
      ['version of the recording format', String(recordingVersion), 'agent/recording/header.ts'],
    ].map(([what = '', much = '', where = '']) => [what, much, code(where)]),
  );
