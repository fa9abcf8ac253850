// Writes an initramfs: entries in, a "newc" cpio archive out (Linux, Documentation/driver-api/early-userspace/buffer-format.rst).

export type CpioEntry =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly content: Uint8Array }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | { readonly kind: 'character device'; readonly path: string; readonly major: number; readonly minor: number };

/** Paths are relative ("bin/busybox"); a directory comes before what lies in it. Everything belongs to root, at time 0. */
export function cpioArchive(entries: readonly CpioEntry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [index, entry] of entries.entries()) parts.push(...record(entry, index + 1));
  parts.push(...trailer());
  return Buffer.concat(parts);
}

interface Header {
  readonly inode: number;
  readonly mode: number;
  readonly links: number;
  readonly sizeBytes: number;
  readonly device: readonly [major: number, minor: number];
}

function record(entry: CpioEntry, inode: number): Uint8Array[] {
  const plain = { inode, links: 1, device: [0, 0] } as const;
  switch (entry.kind) {
    case 'directory':
      return encode(entry.path, { ...plain, mode: 0o040755, links: 2, sizeBytes: 0 }, new Uint8Array());
    case 'file':
      return encode(
        entry.path,
        { ...plain, mode: 0o100000 | entry.mode, sizeBytes: entry.content.length },
        entry.content,
      );
    case 'link': {
      const target = Buffer.from(entry.target);
      return encode(entry.path, { ...plain, mode: 0o120777, sizeBytes: target.length }, target);
    }
    case 'character device':
      return encode(
        entry.path,
        { ...plain, mode: 0o020600, sizeBytes: 0, device: [entry.major, entry.minor] },
        new Uint8Array(),
      );
    default:
      return entry satisfies never;
  }
}

function trailer(): Uint8Array[] {
  return encode('TRAILER!!!', { inode: 0, mode: 0, links: 1, sizeBytes: 0, device: [0, 0] }, new Uint8Array());
}

/** Header and name, and then the content, each padded with zeros to a multiple of four bytes. */
function encode(path: string, header: Header, content: Uint8Array): Uint8Array[] {
  const name = Buffer.from(`${path}\0`);
  // inode mode uid gid links mtime size devmajor devminor rdevmajor rdevminor namesize check
  const fields = [header.inode, header.mode, 0, 0, header.links, 0, header.sizeBytes, 0, 0, ...header.device];
  const text = [...fields, name.length, 0].map((field) => field.toString(16).padStart(8, '0')).join('');
  const head = Buffer.concat([Buffer.from(`070701${text}`), name]);
  return [head, padding(head.length), content, padding(content.length)];
}

function padding(lengthBytes: number): Uint8Array {
  return new Uint8Array((4 - (lengthBytes % 4)) % 4);
}
