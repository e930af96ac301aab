// Pages show parts of the examples: a comment that names the file, and below it a block that is kept equal to the file's region.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from './paths.js';

/** A block of code in a page, with the comment that names where it is from, if there is one. */
const BLOCK = /(?:^<!-- (examples\/\S+\.ts) -->\n\n)?^```ts\n(.*?)^```$/gms;

/**
 * The programs that stand in a page themselves: its `ts` blocks, without those that are parts of examples.
 *
 * @param {string} page
 * @returns {string[]}
 */
export function findPrograms(page) {
  return [...page.matchAll(BLOCK)].filter(([, file]) => file === undefined).map(([, , source]) => source ?? '');
}

/**
 * A page, with its parts of examples as they are now.
 *
 * @param {string} page
 * @returns {string}
 */
export function includeCode(page) {
  const shown = page.replace(BLOCK, (/** @type {string} */ block, /** @type {string | undefined} */ file) =>
    file === undefined ? block : `<!-- ${file} -->\n\n\`\`\`ts\n${readRegion(file)}\`\`\``,
  );
  return shown.replace(
    CONFIG,
    (_, /** @type {string} */ file, /** @type {string} */ language) =>
      `<!-- ${file} -->\n\n\`\`\`${language}\n${readFileSync(join(ROOT, file), 'utf8')}\`\`\``,
  );
}

/** A block that shows a whole configuration, with the comment that names its file. */
const CONFIG = /^<!-- (interop\/\S+\.(?:conf|cfg)) -->\n\n```(\w+)\n(.*?)^```$/gms;

/**
 * The part of an example between `// #region` and `// #endregion`.
 *
 * @param {string} file
 * @returns {string}
 */
function readRegion(file) {
  const [, region] = /^\/\/ #region\n(.*?)^\/\/ #endregion$/ms.exec(readFileSync(join(ROOT, file), 'utf8')) ?? [];
  if (region === undefined) throw new Error(`${file} has no region`);
  return region;
}
