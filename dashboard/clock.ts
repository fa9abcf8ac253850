/** A host's own time between two messages: it runs on smoothly, but never far beyond what the host itself has said. */
import { type Nanos, nanos } from '../agent/wire/units.ts';
import type { HostView } from '../agent/wire/view.ts';

/** What a host's clock said, and when the page heard it (milliseconds of the page's monotonic clock). */
export interface HostClock {
  readonly nowNs: Nanos;
  readonly heardAtMs: number;
}

const furthestMs = 1000;

/** The host's time at the page's `atMs`; stands still unless the host is live. */
export function hostNow(host: HostView | undefined, clock: HostClock | undefined, atMs: number): Nanos {
  if (host === undefined) return nanos(0);
  if (host.phase !== 'live' || clock === undefined) return host.nowNs;
  const since = Math.min(Math.max(0, atMs - clock.heardAtMs), furthestMs);
  return nanos(clock.nowNs + since * 1e6);
}
