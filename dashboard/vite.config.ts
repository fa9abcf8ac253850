import { defineConfig } from 'vite';

/** Builds the page into dist/dashboard, from where the agent serves it. Nothing is fetched from elsewhere at run time. */
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  build: {
    outDir: '../dist/dashboard',
    emptyOutDir: true,
    target: 'es2022',
    // The page's CSP allows no inline script, and Vite's polyfill would be one.
    modulePreload: { polyfill: false },
  },
});
