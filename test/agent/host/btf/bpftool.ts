// Reads BTF with bpftool, the independent opinion: raw JSON into plain types, numbered as the kernel numbers them.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as v from 'valibot';

const memberSchema = v.object({
  name: v.string(),
  type_id: v.number(),
  bits_offset: v.number(),
  bitfield_size: v.optional(v.number()),
});

const typeSchema = v.object({
  id: v.number(),
  kind: v.string(),
  name: v.string(),
  size: v.optional(v.number()),
  type_id: v.optional(v.number()),
  ret_type_id: v.optional(v.number()),
  nr_elems: v.optional(v.number()),
  nr_bits: v.optional(v.number()),
  bits_offset: v.optional(v.number()),
  encoding: v.optional(v.string()),
  linkage: v.optional(v.string()),
  fwd_kind: v.optional(v.string()),
  members: v.optional(v.array(memberSchema)),
  params: v.optional(v.array(v.object({ name: v.string(), type_id: v.number() }))),
  values: v.optional(v.array(v.object({ name: v.string(), val: v.number() }))),
});

const dumpSchema = v.object({ types: v.array(typeSchema) });

export type BpftoolType = v.InferOutput<typeof typeSchema>;
export type BpftoolMember = v.InferOutput<typeof memberSchema>;

/** Where this kernel offers its BTF; a folder with another kernel's, under the same names, does as well. */
export const { GLOCKSCOPE_BTF_FOLDER: BTF_FOLDER = '/sys/kernel/btf' } = process.env;

/** Why this machine's own BTF cannot be compared with bpftool's reading of it; undefined where it can. */
export function whyNoComparison(): string | undefined {
  if (!existsSync(`${BTF_FOLDER}/vmlinux`)) return `there is no ${BTF_FOLDER}/vmlinux`;
  if (spawnSync('bpftool', ['version']).status === 0) return undefined;
  return 'bpftool is not installed (apt-get install bpftool)';
}

/** The BTF files to compare: vmlinux, and gfs2 on top of it where it is loaded. */
export function btfFiles(): { name: string; file: string; base: string | undefined }[] {
  const vmlinux = `${BTF_FOLDER}/vmlinux`;
  const gfs2 = `${BTF_FOLDER}/gfs2`;
  return [
    { name: 'vmlinux', file: vmlinux, base: undefined },
    ...(existsSync(gfs2) ? [{ name: 'gfs2', file: gfs2, base: vmlinux }] : []),
  ];
}

/** All types of a BTF file, for a module's with the base it continues. */
export function readWithBpftool(file: string, base?: string): BpftoolType[] {
  const args = [...(base === undefined ? [] : ['-B', base]), '-j', 'btf', 'dump', 'file', file, 'format', 'raw'];
  const run = spawnSync('bpftool', args, { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (run.status !== 0) throw new Error(`bpftool ${args.join(' ')}: ${run.stderr}`);
  return v.parse(dumpSchema, JSON.parse(run.stdout)).types;
}
