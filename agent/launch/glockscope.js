#!/usr/bin/env node
/** Starts glockscope: makes the checkout ready when it is not, then runs the built command line. Plain JavaScript, since it runs before anything is installed. */
import { ready } from './ready.js';

const folder = ready();
const { main } = await import(new URL('dist/agent/cli/main.js', folder).href);
process.exitCode = await main(process.argv.slice(2));
