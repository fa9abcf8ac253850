/** What a recording says about itself before the first line: enough to decode, name and date all that follows. Pure. */
import * as v from 'valibot';
import { CoverageView } from '../wire/view.ts';

/** Version of the file's form. */
export const recordingVersion = 1;

export const RecordingHeader = v.strictObject({
  glockscope: v.literal('recording'),
  version: v.literal(recordingVersion),
  /** What was done while it was made, for people. */
  title: v.string(),
  node: v.string(),
  target: v.string(),
  kernel: v.string(),
  machine: v.string(),
  bpftrace: v.string(),
  /** Hex of the kernel's and gfs2's build notes. */
  build: v.string(),
  /** Unix time at which recording began, ms. */
  startedUnixMs: v.number(),
  /** Wall clock and time since boot at one instant on the host, ms. */
  clock: v.nullable(v.strictObject({ unixMs: v.number(), bootMs: v.number() })),
  fileSystems: v.array(v.strictObject({ dev: v.number(), name: v.string(), mountPoint: v.string() })),
  coverage: v.array(CoverageView),
  /** Byte offsets of the struct fields that the program reads. */
  offsets: v.record(v.string(), v.number()),
  /** The bpftrace program that printed the lines. */
  program: v.string(),
  /** gfs2's text symbols: address as hex, name. */
  symbols: v.array(v.tuple([v.string(), v.string()])),
});
export type RecordingHeader = v.InferOutput<typeof RecordingHeader>;

export type HeaderRead =
  | { readonly kind: 'header'; readonly header: RecordingHeader }
  | { readonly kind: 'not-a-recording'; readonly cause: string };

/** The header as the file's first line, without its newline. */
export const writeHeader = (header: RecordingHeader): string => JSON.stringify(header);

/** Reads a file's first line. */
export function readHeader(line: string): HeaderRead {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return {
      kind: 'not-a-recording',
      cause: `its first line is no JSON (${error instanceof Error ? error.message : 'unreadable'})`,
    };
  }
  const parsed = v.safeParse(RecordingHeader, value, { abortEarly: true });
  if (parsed.success) return { kind: 'header', header: parsed.output };
  const issue = parsed.issues[0];
  return { kind: 'not-a-recording', cause: `its header's ${v.getDotPath(issue) ?? 'form'} is wrong: ${issue.message}` };
}
