import { defineConfig } from 'vitest/config';

/** Tests that boot guests: they want the machine for themselves, one after the other. */
const lab = ['test/end-to-end/**/*.test.ts'];

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: lab, testTimeout: 30_000 } },
      {
        extends: true,
        test: { name: 'lab', include: lab, fileParallelism: false, testTimeout: 300_000, hookTimeout: 900_000 },
      },
    ],
  },
});
