// Bundles a package for publishing: one file for each entry point, and one for each room of the source that they share. Fewer files load faster.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';

import { leanCode, withoutMapComments } from './bundle-plugins.js';
import { isAbsolute, mapLinks, repositoryLink, resolveLink } from './links.js';
import { ROOT } from './paths.js';

/**
 * @typedef {{ types: string, default: string }} Target what an entry point is built from
 * @typedef {{ name: string, exports: Record<string, Target & { browser?: Target }> }} Manifest
 * @typedef {{ path: string, name: string, source: Target, browser: Target | undefined }} Entry
 */

/**
 * Writes what is published of a package that is built already, with a manifest of its own:
 *
 * - `cjs/`: the code and its types, once, for every loader that there is; and in `*.js` and `*.d.ts`, the names of that for ES modules
 * - `browser/`: what bundlers for browsers take, as ES modules, and in `cjs/` for tests that run in an imitated browser
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
  const entries = Object.entries(manifest.exports).map(([path, { browser, ...own }]) => ({
    path,
    name: nameOf(path),
    source: own,
    browser,
  }));
  const inNode = new Map(entries.map((entry) => [entry.name, entry.source]));
  const inBrowsers = new Map(entries.flatMap(({ name, browser }) => (browser === undefined ? [] : [[name, browser]])));
  await bundleTypes(source, target, inNode);
  nameExports(
    target,
    await bundleCode(filesOf(source, inNode, 'default'), { dir: join(target, 'cjs'), format: 'cjs' }),
  );
  await bundleBrowsers(source, join(target, 'browser'), inBrowsers);

  const exports = Object.fromEntries(entries.map((entry) => [entry.path, conditionsOf(entry)]));
  const published = { ...manifest, private: undefined, exports: { ...exports, './package.json': './package.json' } };
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(published, undefined, 2)}\n`);
  for (const text of texts) copyText(text, join(target, text));
  return target;
}

/**
 * Copies a text, with links that lead to the repository: what they lead to is not published.
 *
 * @param {string} source relative to the repository
 * @param {string} target
 */
function copyText(source, target) {
  const text = readFileSync(join(ROOT, source), 'utf8');
  const toLink = (/** @type {string} */ href) => {
    if (isAbsolute(href)) return href;
    const { target: file, hash } = resolveLink(href, source);
    return repositoryLink(file) + hash;
  };
  writeFileSync(target, source.endsWith('.md') ? mapLinks(text, toLink) : text);
}

/**
 * How loaders find an entry point. Each takes the first condition that it knows: bundlers for browsers, and for workers without Node; `require`; everybody else.
 *
 * @param {Entry} entry
 * @returns {Record<string, unknown>}
 */
function conditionsOf({ name, browser }) {
  const inNode = conditionsIn('.', name);
  if (browser === undefined) return inNode;
  const own = conditionsIn('./browser', name);
  return { browser: own, workerd: own, 'edge-light': own, ...inNode };
}

/**
 * @param {string} folder
 * @param {string} name
 */
function conditionsIn(folder, name) {
  return {
    require: { types: `${folder}/cjs/${name}.d.cts`, default: `${folder}/cjs/${name}.cjs` },
    default: { types: `${folder}/${name}.d.ts`, default: `${folder}/${name}.js` },
  };
}

/**
 * @param {string} source folder of the package
 * @param {string} dir
 * @param {Map<string, Target>} entries
 */
async function bundleBrowsers(source, dir, entries) {
  if (entries.size === 0) return;
  const input = filesOf(source, entries, 'default');
  await bundleCode(input, { dir, format: 'esm' });
  await bundleCode(input, { dir: join(dir, 'cjs'), format: 'cjs' });
  await bundleTypes(source, dir, entries);
}

/**
 * @param {string} source folder of the package
 * @param {Map<string, Target>} entries
 * @param {'default' | 'types'} kind
 * @returns {Record<string, string>} what each is built from
 */
function filesOf(source, entries, kind) {
  return Object.fromEntries([...entries].map(([name, each]) => [name, join(source, each[kind])]));
}

/**
 * Lets ES modules take what CommonJS modules have. Node looks for their names in the text, not all bundlers do: so they are said.
 *
 * @param {string} dir
 * @param {Map<string, string[]>} exported the names that each entry point exports
 */
function nameExports(dir, exported) {
  for (const [name, names] of exported) {
    writeFileSync(join(dir, `${name}.js`), `export {\n  ${names.join(',\n  ')},\n} from './cjs/${name}.cjs';\n`);
  }
}

/**
 * @param {Record<string, string>} input
 * @param {{ dir: string, format: 'cjs' | 'esm' }} form
 * @returns {Promise<Map<string, string[]>>} the names that each entry point exports
 */
async function bundleCode(input, { dir, format }) {
  const bundle = await rollup({ input, external: /^node:/, onwarn: refuse, plugins: [withoutMapComments()] });
  const extension = format === 'cjs' ? 'cjs' : 'js';
  const { output } = await bundle.write({
    dir,
    format,
    exports: 'named',
    generatedCode: 'es2015',
    entryFileNames: `[name].${extension}`,
    chunkFileNames: `rooms/[name].${extension}`,
    manualChunks: roomOf,
    hoistTransitiveImports: false,
    plugins: [leanCode()],
  });
  await bundle.close();
  const entries = output.filter((file) => file.type === 'chunk').filter(({ isEntry }) => isEntry);
  return new Map(entries.map((entry) => [entry.name, entry.exports]));
}

/**
 * Writes the types once, as those of CommonJS modules: ES modules may take them from there, not the other way about, and a class that is declared twice is two
 * classes.
 *
 * @param {string} source folder of the package
 * @param {string} dir
 * @param {Map<string, Target>} entries
 */
async function bundleTypes(source, dir, entries) {
  const input = filesOf(source, entries, 'types');
  const bundle = await rollup({ input, external: /^node:/, onwarn: refuse, plugins: [dts()] });
  await bundle.write({
    dir: join(dir, 'cjs'),
    format: 'esm',
    entryFileNames: '[name].d.cts',
    chunkFileNames: ({ name }) => `rooms/${name.replace(/\.d$/, '')}.d.cts`,
  });
  await bundle.close();
  for (const name of entries.keys()) writeFileSync(join(dir, `${name}.d.ts`), `export * from './cjs/${name}.cjs';\n`);
}

/**
 * A warning of the bundler is a fault of the package.
 *
 * @param {import('rollup').RollupLog} warning
 */
function refuse({ message }) {
  throw new Error(message);
}

/**
 * @param {string} path as `exports` has it: `.`, `./protocol/wire`
 * @returns {string} what the files of the entry point are called
 */
function nameOf(path) {
  return path === '.' ? 'index' : path.slice('./'.length).replaceAll('/', '-');
}

/** Rooms with a file of their own: what no server loads. All else is `library`. */
const SEPARATE_ROOMS = ['browser', 'protocol', 'testing', 'tunnel', 'web'];

/**
 * @param {string} file
 * @returns {string | undefined} the chunk that it belongs to; an entry point belongs to none
 */
function roomOf(file) {
  // Bundlers leave out files of which nothing is used.
  if (file.endsWith('/browser/stand-ins.js')) return 'stand-ins';
  const [, room] = /\/dist\/src\/(\w+)\/(?!index\.js$)/.exec(file) ?? [];
  return room === undefined || SEPARATE_ROOMS.includes(room) ? room : 'library';
}
