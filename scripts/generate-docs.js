// Writes the parts of docs/ that are made from the sources. With --check, only says whether they are up to date.
import './setup.js';

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { format, resolveConfig } from 'prettier';

import { renderClosing } from './support/closing-diagram.js';
import { includeHouse } from './support/house-diagram.js';
import { includeCode } from './support/included-code.js';
import { renderOptions } from './support/options-table.js';
import { ROOT, displayPath, filesBelow } from './support/paths.js';

/** @type {Record<string, () => Promise<string>>} */
const PAGES = {
  'docs/closing.md': renderClosing,
  'docs/options.md': renderOptions,
};

for (const file of filesBelow(join(ROOT, 'docs'))) {
  const page = displayPath(file);
  if (page in PAGES || !page.endsWith('.md')) continue;
  PAGES[page] = () => Promise.resolve(includeHouse(includeCode(readFileSync(file, 'utf8'))));
}

for (const [page, render] of Object.entries(PAGES)) {
  const target = join(ROOT, page);
  const expected = await format(await render(), { ...(await resolveConfig(target)), filepath: target });
  const actual = existsSync(target) ? readFileSync(target, 'utf8') : undefined;
  if (actual === expected) continue;

  if (process.argv.includes('--check')) {
    console.error(`${page} is out of date: npm run docs`);
    process.exitCode = 1;
  } else {
    writeFileSync(target, expected);
    console.log(`wrote ${page}`);
  }
}
