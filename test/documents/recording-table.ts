/** The recordings that come along in, a table of what each holds out: found by playing it. I/O. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { recordingSuffix } from '../../agent/cli/start.ts';
import { openRecording } from '../../agent/recording/read.ts';
import { Session } from '../../agent/session/session.ts';
import { summarize } from '../../agent/session/summary.ts';
import { code, plain, table } from './markdown.ts';

export async function recordingTable(folder: string): Promise<string> {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith(recordingSuffix))
    .sort();
  if (names.length === 0) return 'There is none yet.';
  const rows = await Promise.all(names.map((name) => recordingRow(folder, name)));
  return table(
    ['File', 'What it shows', 'Kernel', 'bpftrace', 'Length', 'Records', 'Lost', 'Calls', 'Retries', 'Findings'],
    rows,
  );
}

async function recordingRow(folder: string, name: string): Promise<string[]> {
  const recording = await openRecording(join(folder, name));
  if (recording.kind === 'unreadable') throw new Error(recording.cause);
  const session = new Session({ node: recording.header.node, symbolize: (address) => address });
  for await (const chunk of recording.chunks()) for (const _ of session.push(chunk));
  for (const _ of session.end());
  const { records, loss, io, findings } = summarize(session);
  const sum = (of: 'calls' | 'retries'): number => io.reduce((total, row) => total + row[of], 0);
  return [
    code(name),
    plain(recording.header.title),
    recording.header.kernel,
    recording.header.bpftrace,
    `${(session.nowNs / 1e9).toFixed(0)} s`,
    String(records),
    String(loss.gap + loss.tail + loss.malformed + loss.late),
    String(sum('calls')),
    String(sum('retries')),
    findings.length === 0 ? 'none' : findings.map((finding) => `${finding.severity} ${finding.kind}`).join(', '),
  ];
}
