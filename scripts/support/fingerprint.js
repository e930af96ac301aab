import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT, displayPath, filesBelow, outputFolders } from './paths.js';

const SOURCE_FOLDERS = ['packages', 'examples', 'interop', 'bench'];
const SOURCE_FILES = [
  'package-lock.json',
  'tsconfig.base.json',
  'tsconfig.json',
  'scripts/build.js',
  'scripts/build-kernels.js',
];

/**
 * A hash of everything that the build reads: it changes when a source is edited, added, renamed or removed.
 *
 * @returns {string}
 */
export function fingerprintSources() {
  const inFolders = SOURCE_FOLDERS.flatMap((folder) => filesBelow(join(ROOT, folder)));
  const sources = [...SOURCE_FILES.map((file) => join(ROOT, file)), ...inFolders].filter((path) =>
    /\.(ts|wat|js|json)$/.test(path),
  );

  const hash = createHash('sha256');
  for (const path of sources) {
    hash.update(`\0${displayPath(path)}\0`);
    hash.update(readFileSync(path));
  }
  return hash.digest('hex');
}

/**
 * Whether every output folder was built, to the end, from the sources as they are now.
 *
 * @returns {boolean}
 */
export function isBuildCurrent() {
  const stamps = outputFolders().map(stampOf);
  if (!stamps.every((stamp) => existsSync(stamp))) return false;

  const fingerprint = fingerprintSources();
  return stamps.every((stamp) => readFileSync(stamp, 'utf8') === fingerprint);
}

/**
 * Records that the build has finished.
 *
 * @param {string} fingerprint of the sources, taken before they were compiled
 */
export function stampBuild(fingerprint) {
  for (const folder of outputFolders()) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(stampOf(folder), fingerprint);
  }
}

/**
 * @param {string} outputFolder
 * @returns {string}
 */
function stampOf(outputFolder) {
  return join(outputFolder, '.built');
}
