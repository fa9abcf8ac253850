/** Reads a stream's chunks to the end, keeping what came for the test to look at. */
import { StringDecoder } from 'node:string_decoder';
import type { Streaming } from '../../../agent/target/target.ts';

export interface Reading {
  text(): string;
  readonly done: Promise<void>;
}

export function read(streaming: Streaming): Reading {
  const decoder = new StringDecoder('utf8');
  let text = '';
  const done = (async () => {
    for await (const chunk of streaming.chunks) {
      text += decoder.write(Buffer.from(chunk));
    }
  })();
  return { text: () => text, done };
}
