/** The messages between agent and dashboard: one union each way, versioned, checked on both ends, never cast. */
import * as v from 'valibot';
import { FindingView, HostView, RateSample, RetryView, TaskView } from './view.ts';

export const protocol = 1;
/** WebSocket subprotocol; the token travels beside it as a second one, `token.<hex>`, so that no URL or log holds it. */
export const subprotocol = `glockscope.v${protocol}`;

/** How much history both sides keep; older entries fall off. */
export const bounds = { retries: 500, findings: 500, tasks: 512, rateSeconds: 600 } as const;

const Seq = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const TaskKey = v.strictObject({ node: v.string(), tid: v.number() });

export const ServerMessage = v.variant('kind', [
  v.strictObject({
    kind: v.literal('hello'),
    protocol: v.number(),
    version: v.string(),
    mode: v.picklist(['live', 'replay']),
  }),
  /** Everything, as of `seq`. */
  v.strictObject({
    kind: v.literal('snapshot'),
    seq: Seq,
    hosts: v.array(HostView),
    rates: v.array(RateSample),
    tasks: v.array(TaskView),
    retries: v.array(RetryView),
    findings: v.array(FindingView),
  }),
  /** What changed since `seq - 1`. A rate sample, task or finding replaces the one with the same key. */
  v.strictObject({
    kind: v.literal('update'),
    seq: Seq,
    hosts: v.array(HostView),
    rates: v.array(RateSample),
    tasks: v.array(TaskView),
    /** Applied after `tasks`: a task in both came and went within one tick, and its view is the last stack it had. */
    idle: v.array(TaskKey),
    retries: v.array(RetryView),
    findings: v.array(FindingView),
    /** A recording starts over: forget this node's tasks, rates, retries and findings before applying the rest. */
    restarted: v.array(v.string()),
  }),
  v.strictObject({ kind: v.literal('bye'), reason: v.string() }),
]);
export type ServerMessage = v.InferOutput<typeof ServerMessage>;
export type Snapshot = Extract<ServerMessage, { kind: 'snapshot' }>;
export type Update = Extract<ServerMessage, { kind: 'update' }>;

export const ClientMessage = v.variant('kind', [
  /** The last message applied; lets the agent see how far behind a client is. */
  v.strictObject({ kind: v.literal('seen'), seq: Seq }),
  /** The client missed something and wants a snapshot. */
  v.strictObject({ kind: v.literal('resync') }),
]);
export type ClientMessage = v.InferOutput<typeof ClientMessage>;

/** A message that is not one: where in it, and what was expected. */
export interface WireError {
  readonly kind: 'wire-error';
  readonly path: string;
  readonly expected: string;
}

export const decodeServerMessage = (text: string): ServerMessage | WireError => decode(ServerMessage, text);
export const decodeClientMessage = (text: string): ClientMessage | WireError => decode(ClientMessage, text);
export const encode = (message: ServerMessage | ClientMessage): string => JSON.stringify(message);

function decode<Schema extends v.GenericSchema>(schema: Schema, text: string): v.InferOutput<Schema> | WireError {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return {
      kind: 'wire-error',
      path: '',
      expected: `JSON (${error instanceof Error ? error.message : 'unreadable'})`,
    };
  }
  const parsed = v.safeParse(schema, value, { abortEarly: true });
  if (parsed.success) return parsed.output;
  const issue = parsed.issues[0];
  return { kind: 'wire-error', path: v.getDotPath(issue) ?? '', expected: issue.message };
}
