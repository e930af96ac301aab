import { existsSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * The folders that the compiler writes: one for each package, and those of the programs beside them.
 *
 * @returns {string[]} absolute paths; the folders need not exist
 */
export function outputFolders() {
  const packages = readdirSync(join(ROOT, 'packages')).map((name) => join(ROOT, 'packages', name));
  return [...packages, ...['examples', 'interop', 'bench'].map((name) => join(ROOT, name))]
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => join(folder, 'dist'));
}

/**
 * All files below a folder, in a stable order, without what is installed or built.
 *
 * @param {string} folder absolute
 * @returns {string[]} absolute paths; none if there is no such folder
 */
export function filesBelow(folder) {
  if (!existsSync(folder)) return [];

  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ['node_modules', 'dist'].includes(entry.name) ? [] : filesBelow(path);
    return [path];
  });
}

/**
 * How a file is called in messages: relative to the repository, with slashes.
 *
 * @param {string} path absolute
 * @returns {string}
 */
export function displayPath(path) {
  return relative(ROOT, path).split(sep).join('/');
}
