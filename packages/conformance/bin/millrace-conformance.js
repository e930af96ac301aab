#!/usr/bin/env node
// The command stands here, and not among what is built, because npm links only commands that are there when it installs.
import { existsSync } from 'node:fs';

const program = new URL('../dist/src/cli/main.js', import.meta.url);
if (existsSync(program)) await import(program.href);
else {
  console.error('millrace-conformance is not built yet: npm run build');
  process.exitCode = 2;
}
