import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hostFactsScript, readHostFacts } from '../../../agent/host/host-facts.ts';
import { localTarget } from '../../../agent/target/local.ts';
import { hostAnswer } from './host-answer.ts';

describe('the answer of a host', () => {
  test('is read as it stands', () => {
    expect(readHostFacts(hostAnswer())).toEqual({
      rights: 0x1ffffffffffn,
      bpftracePlaces: ['/usr/bin/bpftrace'],
      tracefs: ['/sys/kernel/tracing'],
      debugfs: ['/sys/kernel/debug'],
      lockdown: 'none',
      eventsOn: 'none',
      tracers: [],
      memory: { totalBytes: 2020528 * 1024, availableBytes: 1812344 * 1024 },
      onlineCpus: 5,
      pageBytes: 4096,
      relay: 'perl',
      unixMs: 1763870000123,
    });
  });

  test('that is cut off anywhere is no answer', () => {
    const whole = hostAnswer();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.lastIndexOf('end') + 2 }), (length) => {
        expect(readHostFacts(whole.slice(0, length))).toBeNull();
      }),
    );
  });

  test.each([
    ['lockdown none [integrity] confidentiality', 'integrity'],
    ['lockdown none integrity [confidentiality]', 'confidentiality'],
    ['lockdown ', null],
  ])('says of lockdown what is in brackets: %s', (line, lockdown) => {
    expect(readHostFacts(hostAnswer({ without: ['lockdown'], extra: [line] }))?.lockdown).toBe(lockdown);
  });

  test.each([
    ['events 1', 'all'],
    ['events X', 'some'],
    ['events ?', 'none'],
  ])('says of tracepoints: %s', (line, eventsOn) => {
    expect(readHostFacts(hostAnswer({ without: ['events'], extra: [line] }))?.eventsOn).toBe(eventsOn);
    expect(readHostFacts(hostAnswer({ without: ['events'] }))?.eventsOn).toBeNull();
  });

  test('names a tracer once, though it is found by name and by its open files', () => {
    const extra = ['runs 812 pmdagfs2', 'runs 90 bpftrace', 'pipe 812 pmdagfs2', 'pipe 812 pmdagfs2', 'pipe 77 my cat'];
    expect(readHostFacts(hostAnswer({ extra }))?.tracers).toEqual([
      { pid: 77, name: 'my cat', readsTracePipe: true },
      { pid: 90, name: 'bpftrace', readsTracePipe: false },
      { pid: 812, name: 'pmdagfs2', readsTracePipe: true },
    ]);
  });

  test('may lack what an old or strange host cannot say', () => {
    const words = ['CapEff:', 'bpftrace-at', 'tracefs', 'debugfs', 'MemTotal:', 'MemAvailable:', 'online', 'page'];
    expect(
      readHostFacts(hostAnswer({ without: [...words, 'relay', 'date'], extra: ['date 1763870000%N'] })),
    ).toMatchObject({
      rights: 0n,
      bpftracePlaces: [],
      tracefs: [],
      debugfs: [],
      memory: null,
      onlineCpus: 1,
      pageBytes: 4096,
      relay: 'sh',
      unixMs: null,
    });
  });
});

describe('the script on this machine', () => {
  test('answers whole, with the rights, memory and time of this machine, and complains of nothing', async () => {
    const ran = await localTarget().run(['sh', '-c', hostFactsScript]);
    if (ran.kind !== 'exited') throw new Error(`the script ended: ${ran.kind}`);
    expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 0, stderr: '' });
    const facts = readHostFacts(ran.text);
    expect(facts?.memory?.totalBytes).toBeGreaterThan(facts?.memory?.availableBytes ?? 0);
    expect(facts?.onlineCpus).toBeGreaterThan(0);
    expect(Math.abs((facts?.unixMs ?? 0) - Date.now())).toBeLessThan(60_000);
    expect(facts?.relay).toMatch(/^(perl|python3|platform-python|sh)$/);
  });
});
