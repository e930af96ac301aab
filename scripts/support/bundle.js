// Bundles a package for publishing: one file for each entry point, and one for each room of the source that they share. Fewer files load faster.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';

import { ROOT } from './paths.js';

/**
 * @typedef {{ name: string, exports: Record<string, { types: string, default: string }> }} Manifest
 */

/**
 * Writes what is published of a package that is built already, with a manifest of its own.
 *
 * Comments stay in the code: whoever steps into it finds them, without source maps.
 *
 * @param {string} folder of the package
 * @param {string[]} texts files to take along, of the repository
 * @returns {Promise<string>} the folder to publish
 */
export async function bundlePackage(folder, texts) {
  const source = join(ROOT, folder);
  const target = join(source, 'dist/package');
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });

  /** @type {Manifest} */
  const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
  const entries = Object.entries(manifest.exports).map(([path, conditions]) => ({
    name: nameOf(path),
    path,
    ...conditions,
  }));
  await bundleCode(Object.fromEntries(entries.map((entry) => [entry.name, join(source, entry.default)])), target);
  await bundleTypes(Object.fromEntries(entries.map((entry) => [entry.name, join(source, entry.types)])), target);

  const exports = Object.fromEntries(
    entries.map(({ path, name }) => [path, { types: `./${name}.d.ts`, default: `./${name}.js` }]),
  );
  const published = { ...manifest, private: undefined, exports };
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(published, undefined, 2)}\n`);
  for (const text of texts) writeFileSync(join(target, text), readFileSync(join(ROOT, text)));
  return target;
}

/**
 * @param {Record<string, string>} input
 * @param {string} dir
 */
async function bundleCode(input, dir) {
  const bundle = await rollup({ input, external: /^node:/, onwarn: refuse, plugins: [withoutMapComments()] });
  await bundle.write({
    dir,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'rooms/[name].js',
    manualChunks: roomOf,
    hoistTransitiveImports: false,
  });
  await bundle.close();
}

/**
 * @param {Record<string, string>} input
 * @param {string} dir
 */
async function bundleTypes(input, dir) {
  const bundle = await rollup({ input, external: /^node:/, onwarn: refuse, plugins: [dts()] });
  await bundle.write({ dir, format: 'esm', entryFileNames: '[name].d.ts', chunkFileNames: 'rooms/[name].d.ts' });
  await bundle.close();
}

/**
 * A warning of the bundler is a fault of the package.
 *
 * @param {import('rollup').RollupLog} warning
 */
function refuse({ message }) {
  throw new Error(message);
}

/** @returns {import('rollup').Plugin} */
function withoutMapComments() {
  return { name: 'without-map-comments', transform: (code) => code.replace(/^\/\/# sourceMappingURL=.*$/m, '') };
}

/**
 * @param {string} path as `exports` has it: `.`, `./protocol/wire`
 * @returns {string} what the files of the entry point are called
 */
function nameOf(path) {
  return path === '.' ? 'index' : path.slice('./'.length).replaceAll('/', '-');
}

/**
 * @param {string} file
 * @returns {string | undefined} the room of the source that it is built from; an entry point belongs to none
 */
function roomOf(file) {
  const [, room] = /\/dist\/src\/(\w+)\/(?!index\.js$)/.exec(file) ?? [];
  return room;
}
