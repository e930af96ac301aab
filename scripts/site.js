// Builds the site of the documentation, and serves it at an address that it prints. With --check, builds it and looks for links that lead nowhere.
import './setup.js';

import { statSync } from 'node:fs';
import { join } from 'node:path';

import { findDeadLinks } from './site/links.js';
import { writePages } from './site/pages.js';
import { ROOT } from './support/paths.js';
import { exitOnFailure, run, runNpm } from './support/run.js';

const SITE = join(ROOT, 'site');
const BUILT = join(SITE, 'dist');

/** Where the pages are served, below the name of a host. */
const BASE = '/millrace/';

install();
writePages();
tool('typedoc/bin/typedoc');
tool('vitepress/bin/vitepress.js', 'build');

const dead = findDeadLinks(BUILT, BASE);
if (dead.length > 0) {
  console.error(`Links that lead nowhere:\n${dead.join('\n')}`);
  process.exit(1);
}
if (!process.argv.includes('--check')) tool('vitepress/bin/vitepress.js', 'preview');

/** Installs the tools of the site, if what is installed is missing or older. */
function install() {
  const installed = statSync(join(SITE, 'node_modules/.package-lock.json'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (installed >= statSync(join(SITE, 'package-lock.json')).mtimeMs) return;
  console.error('Installing the tools of the site …');
  exitOnFailure(runNpm(['ci', '--no-audit', '--no-fund'], { cwd: SITE, stdio: ['ignore', 2, 2] }));
}

/**
 * @param {string} program below node_modules of the site
 * @param {string[]} args
 */
function tool(program, ...args) {
  exitOnFailure(run(process.execPath, [join(SITE, 'node_modules', program), ...args], { cwd: SITE }));
}
