// Runs programs that use `ws`, with `@millrace/ws` in its place, and prints a table. Words select rows.
// Exit code 1 if a row fails.
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** In milliseconds. */
const TIME_LIMIT = 60_000;

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

const words = process.argv.slice(2);
const rows = readdirSync(new URL('rows/', import.meta.url))
  .map((file) => file.replace(/\.js$/, ''))
  .filter((row) => words.length === 0 || words.some((word) => row.includes(word)));

if (rows.length === 0) {
  console.error(`no row is called ${words.join(' or ')}`);
  process.exit(2);
}
install();
console.log('| program | checks | connections | bytes in | bytes out | |');
console.log('|---|---|---|---|---|---|');
let hasFailed = false;
for (const row of rows) {
  const {
    versions = [row],
    status,
    checks = 0,
    connections = 0,
    bytesReceived = 0,
    bytesSent = 0,
    problem,
  } = await runRow(row);
  hasFailed ||= status !== 'passed';
  console.log(`| ${versions.join(', ')} | ${checks} | ${connections} | ${bytesReceived} | ${bytesSent} | ${status} |`);
  if (problem !== undefined) console.error(problem);
}
process.exitCode = hasFailed ? 1 : 0;

/** Installs the programs, as far as they are missing. */
function install() {
  // npm writes the first of these when all is in its place.
  if (modifiedAt('node_modules/.package-lock.json') >= modifiedAt('package-lock.json')) return;
  console.error('Installing the programs that use ws …');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: FOLDER, stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(2);
}

function modifiedAt(file) {
  return statSync(new URL(file, import.meta.url), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Runs a row by itself, and gives what it has printed last. */
async function runRow(row) {
  const child = spawn(process.execPath, [`rows/${row}.js`], {
    cwd: FOLDER,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIME_LIMIT,
  });
  const [output, errors] = await Promise.all([textOf(child.stdout), textOf(child.stderr)]);
  try {
    return JSON.parse(output.trim().split('\n').at(-1));
  } catch {
    return { status: 'failed', problem: `${row}: ${output}${errors}` };
  }
}

async function textOf(stream) {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
}
