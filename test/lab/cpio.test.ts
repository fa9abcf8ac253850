import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CpioEntry, cpioArchive } from './cpio.ts';

describe('an initramfs', () => {
  test('is a run of padded newc records that ends with the trailer', () => {
    const archive = cpioArchive([
      { kind: 'directory', path: 'bin' },
      { kind: 'file', path: 'bin/sh', mode: 0o755, content: Buffer.from('hello') },
    ]);
    expect(picture(archive)).toEqual([
      '070701 00000001 000041ed 00000000 00000000 00000002 00000000 00000000 … 00000004 bin',
      '070701 00000002 000081ed 00000000 00000000 00000001 00000000 00000005 … 00000007 bin/sh = hello',
      '070701 00000000 00000000 00000000 00000000 00000001 00000000 00000000 … 0000000b TRAILER!!!',
    ]);
  });

  test('holds the console device with its numbers and a link with its target', () => {
    const archive = cpioArchive([
      { kind: 'character device', path: 'dev/console', major: 5, minor: 1 },
      { kind: 'link', path: 'bin/sh', target: 'busybox' },
    ]);
    const [console, link] = read(archive);
    expect(console).toMatchObject({ path: 'dev/console', mode: 0o020600, device: [5, 1] });
    expect(link).toMatchObject({ path: 'bin/sh', mode: 0o120777, content: 'busybox' });
  });

  test('gives back what went in, whatever the lengths of names and contents', () => {
    const file = fc.record({
      kind: fc.constant('file' as const),
      path: fc.stringMatching(/^[a-z/]{1,40}$/),
      mode: fc.constantFrom(0o644, 0o755),
      content: fc.string({ maxLength: 70 }).map((text) => Buffer.from(text)),
    });
    fc.assert(
      fc.property(fc.array(file, { maxLength: 8 }), (files: CpioEntry[]) => {
        const expected = files.map((each) =>
          each.kind === 'file' ? { path: each.path, content: Buffer.from(each.content).toString() } : each,
        );
        const found = read(cpioArchive(files)).map(({ path, content }) => ({ path, content }));
        expect(found).toEqual([...expected, { path: 'TRAILER!!!', content: '' }]);
      }),
    );
  });
});

interface Found {
  readonly fields: readonly string[];
  readonly path: string;
  readonly mode: number;
  readonly device: readonly number[];
  readonly content: string;
}

/** A reader that follows the kernel's description word by word. */
function read(archive: Uint8Array): Found[] {
  const bytes = Buffer.from(archive);
  const found: Found[] = [];
  for (let at = 0; at < bytes.length; ) {
    const fields = [bytes.toString('latin1', at, at + 6)];
    for (let field = 0; field < 13; field += 1) {
      fields.push(bytes.toString('latin1', at + 6 + 8 * field, at + 14 + 8 * field));
    }
    const number = (field: number): number => Number.parseInt(fields[field] ?? '', 16);
    const nameEnd = at + 110 + number(12);
    const start = Math.ceil(nameEnd / 4) * 4;
    const end = start + number(7);
    found.push({
      fields,
      path: bytes.toString('utf8', at + 110, nameEnd - 1),
      mode: number(2),
      device: [number(10), number(11)],
      content: bytes.toString('utf8', start, end),
    });
    at = Math.ceil(end / 4) * 4;
  }
  return found;
}

function picture(archive: Uint8Array): string[] {
  return read(archive).map(({ fields, path, content }) => {
    const line = `${fields.slice(0, 8).join(' ')} … ${fields[12]} ${path}`;
    return content === '' ? line : `${line} = ${content}`;
  });
}
