/** Generators of everything that the wire carries; few nodes, tasks and ids, so that entries meet and replace each other. */
import fc from 'fast-check';
import type { ClientMessage, ServerMessage, Update } from '../../../agent/wire/message.ts';
import type { Delta } from '../../../agent/wire/state.ts';
import { type Address, address, glockName, nanos, tid } from '../../../agent/wire/units.ts';
import {
  type AttemptView,
  type FaultInView,
  type FileView,
  type FindingView,
  type Frame,
  type HostView,
  phases,
  type RateSample,
  type RetryView,
  severities,
  type TaskView,
} from '../../../agent/wire/view.ts';

const count = fc.maxSafeNat();
// JSON has no -0, and the wire promises no difference between the two.
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0);
const time = number.map(nanos);
const hex: fc.Arbitrary<Address> = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map((x) => address(x.toString(16)));
const text = fc.string({ unit: 'binary', maxLength: 20 });
const node = fc.constantFrom<string>('n1', 'n2', 'a b');
const thread = fc.integer({ min: 1, max: 6 }).map(tid);
const id = fc.integer({ min: 0, max: 8 });
const glock = fc.tuple(fc.nat(0xffffffff), fc.nat(9), hex).map(([dev, type, ino]) => glockName(dev, type, ino));
const file: fc.Arbitrary<FileView> = fc.record({ dev: count, ino: hex });

const frame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({
    kind: fc.constant('io' as const),
    op: fc.constantFrom('read', 'write'),
    direct: fc.boolean(),
    file,
    positionBytes: number,
    lengthBytes: count,
    sinceNs: time,
    attempts: count,
  }),
  fc.record({
    kind: fc.constant('holder' as const),
    glock,
    holder: hex,
    mode: text,
    flags: text,
    phase: fc.constantFrom('waiting', 'queued', 'granted'),
    sinceNs: time,
    grantedNs: fc.option(time),
    site: text,
  }),
  fc.record({
    kind: fc.constant('fault' as const),
    handler: fc.constantFrom('gfs2_fault', 'gfs2_page_mkwrite'),
    file,
    address: hex,
    write: fc.boolean(),
    userMode: fc.boolean(),
    sinceNs: time,
  }),
  fc.record({
    kind: fc.constant('fault-in' as const),
    direction: fc.constantFrom('readable', 'writeable'),
    residencyCheck: fc.boolean(),
    address: hex,
    lengthBytes: count,
    sinceNs: time,
  }),
);
const frames = fc.array(frame, { maxLength: 4 });

const task: fc.Arbitrary<TaskView> = fc.record({
  node,
  tid: thread,
  tgid: count,
  comm: text,
  frames,
  unsure: fc.boolean(),
  lastNs: time,
});

const faultIn: fc.Arbitrary<FaultInView> = fc.record({
  direction: fc.constantFrom('readable', 'writeable'),
  address: hex,
  lengthBytes: count,
  leftBytes: fc.option(count),
  tookNs: time,
  faults: count,
  mkwrites: count,
  mappings: fc.array(file, { maxLength: 2 }),
});
const attempt: fc.Arbitrary<AttemptView> = fc.record({
  via: text,
  mode: fc.option(text),
  result: number,
  endedNs: time,
  faultIns: fc.array(faultIn, { maxLength: 2 }),
});
const retry: fc.Arbitrary<RetryView> = fc.record({
  id,
  node,
  tid: thread,
  comm: text,
  op: fc.constantFrom('read', 'write'),
  direct: fc.boolean(),
  file,
  positionBytes: number,
  lengthBytes: count,
  attempts: fc.array(attempt, { maxLength: 3 }),
  result: number,
  startedNs: time,
  tookNs: time,
  lostNs: time,
  mapping: fc.constantFrom('same file', 'other gfs2 file', 'not gfs2'),
  unsure: fc.boolean(),
});

const finding: fc.Arbitrary<FindingView> = fc.record({
  id,
  kind: fc.constantFrom('recursive-acquire', 'incompatible-acquire', 'wait-cycle'),
  severity: fc.constantFrom(...severities),
  node,
  tid: thread,
  comm: text,
  title: text,
  rule: text,
  consequence: text,
  glock,
  stack: frames,
  others: fc.array(task, { maxLength: 2 }),
  firstNs: time,
  lastNs: time,
  count,
  unsure: fc.boolean(),
});

const rate: fc.Arbitrary<RateSample> = fc.record({
  node,
  second: fc.integer({ min: 0, max: 2000 }),
  acquisitions: count,
  faults: count,
  mkwrites: count,
  ioCalls: count,
  retries: count,
  efaults: count,
  lost: count,
});

const host: fc.Arbitrary<HostView> = fc.record({
  node,
  target: text,
  phase: fc.constantFrom(...phases),
  kernel: text,
  bpftrace: text,
  fileSystems: fc.array(fc.record({ dev: count, name: text, mountPoint: text }), { maxLength: 2 }),
  coverage: fc.array(fc.record({ capability: text, way: fc.option(text), note: text }), { maxLength: 2 }),
  problem: fc.option(fc.record({ cause: text, remedy: text })),
  epochUnixMs: fc.option(number),
  playing: fc.option(fc.record({ title: text, lengthNs: time, round: count })),
  records: count,
  loss: fc.record({
    gap: count,
    tail: count,
    malformed: count,
    late: count,
    missed: count,
    lastMalformed: fc.option(text),
  }),
  questions: fc.record({
    mkwriteInRead: count,
    mkwriteInWrite: count,
    mkwriteInIoUnderGlock: count,
    sigbusUser: count,
    sigbusKernel: count,
  }),
  nowNs: time,
});

const few = <Entry>(entry: fc.Arbitrary<Entry>): fc.Arbitrary<Entry[]> => fc.array(entry, { maxLength: 5 });
export const delta: fc.Arbitrary<Delta> = fc.record({
  hosts: few(host),
  rates: few(rate),
  tasks: few(task),
  idle: few(fc.record({ node, tid: thread })),
  retries: few(retry),
  findings: few(finding),
  restarted: fc.oneof({ weight: 4, arbitrary: fc.constant<string[]>([]) }, fc.array(node, { maxLength: 1 })),
});

const update: fc.Arbitrary<Update> = fc
  .tuple(count, delta)
  .map(([seq, changed]) => ({ kind: 'update', seq, ...changed }));

export const serverMessage: fc.Arbitrary<ServerMessage> = fc.oneof(
  fc.record({
    kind: fc.constant('hello' as const),
    protocol: number,
    version: text,
    mode: fc.constantFrom('live', 'replay'),
  }),
  update,
  update.map(({ idle: _idle, restarted: _restarted, ...rest }) => ({ ...rest, kind: 'snapshot' as const })),
  fc.record({ kind: fc.constant('bye' as const), reason: text }),
);

export const clientMessage: fc.Arbitrary<ClientMessage> = fc.oneof(
  fc.record({ kind: fc.constant('seen' as const), seq: count }),
  fc.record({ kind: fc.constant('resync' as const) }),
);
