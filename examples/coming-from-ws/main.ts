// Pairs of programs, one with npm's ws and one with Millrace, that do the same. Runs all and compares what they print.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

const entries = await readdir(import.meta.dirname, { withFileTypes: true });
const topics = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
assert.notEqual(topics.length, 0);

for (const topic of topics.sort()) {
  const [before, after] = await Promise.all([run(topic, 'before'), run(topic, 'after')]);
  assert.equal(after, before, `${topic}: after.ts prints something else than before.ts`);
  console.log(`${topic}: both print\n${after}`);
}

async function run(topic: string, program: 'before' | 'after'): Promise<string> {
  const { stdout, stderr } = await execute(process.execPath, [join(import.meta.dirname, topic, `${program}.js`)]);
  assert.equal(stderr, '', `${topic}/${program}.ts complains`);
  return stdout;
}
