#!/usr/bin/env node
/** `npm run lab -- …`: makes the checkout ready when it is not, then runs the built lab. */
import { ready } from './ready.js';

const folder = ready();
await import(new URL('dist/test/lab/main.js', folder).href);
