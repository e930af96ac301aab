// Bundles a page with each bundler, and lets it run in the browsers that are installed.
//   npm run browsers
import './setup.js';

import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { loadBundlers, versionOf } from './bundles/bundlers.js';
import { BrowserSite } from './support/browser-site.js';
import { ROOT } from './support/paths.js';
import { exitOnFailure, runNode, runNpm } from './support/run.js';

/** What the library adds to a page that uses all three functions, small and compressed, in bytes. */
const MAX_SIZE = 12 * 1024;

/** In milliseconds, for one page in one browser. */
const TIME_LIMIT = 90_000;

/** @type {Record<string, string>} */
const PACKAGES = { esbuild: '0.28.2', vite: '8.4.0', webpack: '5.113.0', '@rollup/plugin-node-resolve': '16.0.3' };

/** @type {{ name: string, program: string, args: (profile: string) => string[], hasStreams: boolean }[]} */
const BROWSERS = [
  {
    name: 'Chromium',
    program: '/usr/bin/chromium',
    args: (profile) => [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking'],
      ...['--no-first-run', `--user-data-dir=${profile}`],
    ],
    hasStreams: true,
  },
  {
    name: 'Firefox',
    program: '/usr/bin/firefox-esr',
    args: (profile) => ['--headless', '--no-remote', '--profile', profile],
    hasStreams: false,
  },
];

const temporary = mkdtempSync(join(tmpdir(), 'millrace-browsers-'));
try {
  process.exitCode = await main();
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

/** @returns {Promise<number>} the exit code */
async function main() {
  const application = join(temporary, 'application');
  mkdirSync(join(application, 'node_modules'), { recursive: true });
  writeFileSync(join(application, 'package.json'), '{ "private": true, "type": "module" }');
  exitOnFailure(runNode('scripts/package.js'));
  cpSync(join(ROOT, 'packages/millrace/dist/package'), join(application, 'node_modules/millrace'), { recursive: true });
  for (const file of ['page.js', 'library.js']) cpSync(join(ROOT, 'scripts/bundles', file), join(application, file));

  const bundles = await bundleAll(application);
  const browsers = BROWSERS.filter(({ program }) => existsSync(program));
  if (browsers.length === 0) console.error('There is no browser here: the bundles were not run.');
  const site = await BrowserSite.start();
  let isFine = bundles.every(({ isFine: is }) => is);
  for (const browser of browsers) {
    for (const { name, code } of bundles) {
      site.script = code;
      const report = await visit(browser, site);
      const isRight = JSON.stringify(report) === JSON.stringify(expectedReport(browser.hasStreams));
      console.log(`${browser.name}, bundled by ${name}: ${isRight ? 'works' : JSON.stringify(report, undefined, 2)}`);
      isFine &&= isRight;
    }
  }
  site.close();
  return isFine ? 0 : 1;
}

/**
 * @param {string} application
 * @returns {Promise<{ name: string, code: string, isFine: boolean }[]>}
 */
async function bundleAll(application) {
  const bundlers = await loadBundlers(installBundlers());
  const bundles = [];
  for (const { name, bundle } of bundlers) {
    const out = join(temporary, name, 'bundle.js');
    mkdirSync(join(out, '..'));
    const warnings = await bundle(application, 'page.js', out);
    const code = readFileSync(out, 'utf8');
    const library = join(temporary, name, 'library.js');
    warnings.push(...(await bundle(application, 'library.js', library)));
    const size = gzipSync(readFileSync(library), { level: 9 }).length;
    const isFine = warnings.length === 0 && size <= MAX_SIZE && !code.includes('node:');
    console.log(`${name}: ${String(size)} bytes gzipped${isFine ? '' : ', NOT FINE'}`);
    for (const warning of warnings) console.error(warning);
    bundles.push({ name, code, isFine });
  }
  return bundles;
}

/** @returns {string} the folder with all bundlers, which stays for the next time */
function installBundlers() {
  const folder = join(ROOT, 'node_modules/.cache/millrace-bundlers');
  const isThere = Object.entries(PACKAGES).every(([name, version]) => {
    return existsSync(join(folder, 'node_modules', name)) && versionOf(folder, name) === version;
  });
  if (isThere) return folder;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const wanted = Object.entries(PACKAGES).map(([name, version]) => `${name}@${version}`);
  exitOnFailure(runNpm(['install', '--no-audit', '--no-fund', '--loglevel=error', ...wanted], { cwd: folder }));
  return folder;
}

/**
 * Opens the page in a browser of its own.
 *
 * @param {typeof BROWSERS[number]} browser
 * @param {BrowserSite} site
 * @returns {Promise<unknown>} what it reports
 */
async function visit({ program, args }, site) {
  const profile = mkdtempSync(join(temporary, 'profile-'));
  const child = spawn(program, [...args(profile), site.url], { stdio: 'ignore', detached: true });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  /** @type {Promise<unknown>} */
  const late = new Promise((resolve) => (timer = setTimeout(() => resolve(['no report']), TIME_LIMIT)));
  try {
    return await Promise.race([site.nextReport(), late]);
  } finally {
    clearTimeout(timer);
    // A group of its own: a browser is several processes.
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    await ended;
  }
}

/** @param {boolean} hasStreams whether the browser has `WebSocketStream`, with which the server has to wait */
function expectedReport(hasStreams) {
  return [
    'text,a Blob,a stream 1000000 chat 3000 done',
    '3 over reconnect',
    'TransportError,LocalUsageError,true,LocalUsageError',
    hasStreams ? 'all sent false, open' : 'LimitExceededError',
  ];
}
