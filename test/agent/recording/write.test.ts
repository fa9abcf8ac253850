import { existsSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { openRecording } from '../../../agent/recording/read.ts';
import { writeRecording } from '../../../agent/recording/write.ts';
import { bytes } from '../../lines.ts';
import { Folder, header, pictures, recordingText, retriedRead } from './small-recording.ts';

const folder = new Folder();
afterAll(() => folder.remove());
const text = pictures(...retriedRead);

describe('a recording that is written', () => {
  test('holds the header and the chunks byte for byte, and can be opened', async () => {
    const path = folder.at('written');
    const writer = await writeRecording(path, header(), false);
    const output = bytes(text);
    for (let at = 0; at < output.length; at += 7) await writer.append(output.subarray(at, at + 7));
    await writer.close();
    expect(readFileSync(path, 'utf8')).toBe(recordingText(text));
    expect(writer.failed).toBeNull();
    expect(writer.writtenBytes).toBe(Buffer.byteLength(recordingText(text)));
    expect((await openRecording(path)).kind).toBe('recording');
  });

  test('of more than the stream takes at once is whole', async () => {
    const path = folder.at('large');
    const writer = await writeRecording(path, header(), false);
    const chunk = new Uint8Array(1 << 20).fill(0x61);
    await Promise.all(Array.from({ length: 8 }, () => writer.append(chunk)));
    await writer.close();
    expect(
      readFileSync(path)
        .subarray(-8 << 20)
        .equals(Buffer.alloc(8 << 20, 0x61)),
    ).toBe(true);
  });

  test('may be closed twice', async () => {
    const writer = await writeRecording(folder.at('twice'), header(), false);
    await writer.close();
    await expect(writer.close()).resolves.toBeUndefined();
    expect(writer.failed).toBeNull();
  });
});

describe('a file that is there already', () => {
  test('is not overwritten', async () => {
    const path = folder.put('precious', 'do not lose me');
    await expect(writeRecording(path, header(), false)).rejects.toMatchObject({ code: 'EEXIST' });
    expect(readFileSync(path, 'utf8')).toBe('do not lose me');
  });

  test('is, when that was asked for, with nothing of the old one left', async () => {
    const path = folder.put('old', 'x'.repeat(100_000));
    const writer = await writeRecording(path, header(), true);
    await writer.close();
    expect(readFileSync(path, 'utf8')).toBe(recordingText(''));
  });
});

test('a path that cannot be made is an error at once', async () => {
  await expect(writeRecording(folder.at('none/there'), header(), false)).rejects.toMatchObject({ code: 'ENOENT' });
});

describe.skipIf(!existsSync('/dev/full'))('a full disk', () => {
  test.each([
    ['a short header', header()],
    ['a header longer than the stream takes at once', header({ program: 'x'.repeat(200_000) })],
  ])('is reported and never thrown, with %s', async (_, long) => {
    const writer = await writeRecording('/dev/full', long, true);
    for (let at = 0; at < 20; at++) await writer.append(new Uint8Array(100_000));
    const { failed } = writer;
    expect(failed?.cause).toMatch(/writing \/dev\/full failed: .*ENOSPC/);
    expect(failed?.remedy).toMatch(/replayed/);
    await expect(writer.append(bytes('more'))).resolves.toBeUndefined();
    expect(writer.failed, 'the first report stays').toBe(failed);
    await expect(writer.close()).resolves.toBeUndefined();
    expect(writer.writtenBytes).toBe(0);
  });

  test('is known once it is closed, though nothing but the header was written', async () => {
    const writer = await writeRecording('/dev/full', header(), true);
    await writer.close();
    expect(writer.failed?.cause).toMatch(/ENOSPC/);
  });
});
