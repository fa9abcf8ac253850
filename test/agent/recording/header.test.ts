import { expect, test } from 'vitest';
import { readHeader, writeHeader } from '../../../agent/recording/header.ts';
import { header } from './small-recording.ts';

test.each([
  ['as it is', {}],
  ['without clock, symbols and file systems', { clock: null, symbols: [], fileSystems: [] }],
  ['with a capability that the host lacked', { coverage: [{ capability: 'grant', way: null, note: 'no way' }] }],
  ['with newlines in its program and its title', { title: 'a\nb', program: 'BEGIN\n{\n}\n' }],
])('a header %s is read as it was written, in one line', (_, changed) => {
  const line = writeHeader(header(changed));
  expect(line).not.toContain('\n');
  expect(readHeader(line)).toEqual({ kind: 'header', header: header(changed) });
});

test.each([
  ['no JSON', 'Attaching 16 probes...', /its first line is no JSON/],
  ['JSON of something else', '[1, 2]', /its header's .+ is wrong/],
  ['null', 'null', /its header's form is wrong/],
  ['of another program', JSON.stringify({ ...header(), glockscope: 'capture' }), /its header's glockscope is wrong/],
  ['of a later version', JSON.stringify({ ...header(), version: 2 }), /its header's version is wrong.*1.*2/],
  ['short of a field', JSON.stringify({ ...header(), kernel: undefined }), /its header's kernel is wrong/],
  ['wrong in a symbol', JSON.stringify({ ...header(), symbols: [['ff', 7]] }), /its header's symbols\.0\.1 is wrong/],
])('a first line that is %s is no header, and says where', (_, line, cause) => {
  expect(readHeader(line)).toMatchObject({ kind: 'not-a-recording', cause: expect.stringMatching(cause) });
});
