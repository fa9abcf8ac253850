// The BTF of real kernels, cut down to what probes read; test/recordings/btf/README.md says from where.

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Btf } from '../../../../agent/host/btf/btf.ts';
import { parsed } from './parsed.ts';

export type FixtureName = 'debian-6.1' | 'debian-6.12';

export function fixtureBytes(name: FixtureName, part: 'vmlinux' | 'gfs2'): Uint8Array {
  return gunzipSync(readFileSync(new URL(`../../../recordings/btf/${name}-${part}.btf.gz`, import.meta.url)));
}

/** gfs2's types on top of vmlinux's. */
export function fixture(name: FixtureName): Btf {
  return parsed(fixtureBytes(name, 'gfs2'), parsed(fixtureBytes(name, 'vmlinux')));
}
