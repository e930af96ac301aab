// Bundles the page with each bundler, as an application would be: without a warning, or it fails.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

/** @typedef {{ name: string, bundle: (application: string, entry: string, out: string) => Promise<string[]> }} Bundler the warnings are what it returns */

/**
 * @param {string} installed the folder that the bundlers are installed in
 * @returns {Promise<Bundler[]>}
 */
export async function loadBundlers(installed) {
  const require = createRequire(join(installed, 'package.json'));
  const load = async (/** @type {string} */ name) => import(pathToFileURL(require.resolve(name)).href);
  const esbuild = await load('esbuild');
  const vite = await import(pathToFileURL(join(installed, 'node_modules/vite/dist/node/index.js')).href);
  const webpack = require(join(installed, 'node_modules/webpack'));
  const { nodeResolve } = await load('@rollup/plugin-node-resolve');
  const { rollup } = await import('rollup');

  return [
    {
      name: 'esbuild',
      bundle: async (application, entry, out) => {
        const options = {
          absWorkingDir: application,
          entryPoints: [entry],
          outfile: out,
          format: 'esm',
          target: 'es2022',
        };
        const { warnings } = await esbuild.build({ ...options, bundle: true, minify: true, logLevel: 'silent' });
        return warnings.map((/** @type {{ text: string }} */ { text }) => text);
      },
    },
    {
      name: 'Vite',
      bundle: async (application, entry, out) => {
        /** @type {string[]} */
        const warnings = [];
        const warn = (/** @type {unknown} */ text) => void warnings.push(String(text));
        const customLogger = {
          info() {},
          warn,
          warnOnce: warn,
          error: warn,
          clearScreen() {},
          hasErrorLogged: () => false,
          hasWarned: false,
        };
        const build = { write: false, target: 'es2022', rollupOptions: { input: join(application, entry) } };
        const result = await vite.build({ root: application, configFile: false, customLogger, build });
        const { output } = Array.isArray(result) ? result[0] : result;
        writeFileSync(out, output[0].code);
        return warnings;
      },
    },
    {
      name: 'webpack',
      bundle: async (application, entry, out) => {
        const [, folder = '', file = ''] = /^(.*)\/([^/]+)$/.exec(out) ?? [];
        const output = { path: folder, filename: file, module: true };
        const experiments = { outputModule: true };
        const options = {
          mode: 'production',
          context: application,
          entry: `./${entry}`,
          output,
          experiments,
          target: ['web', 'es2022'],
        };
        const stats = await promisify(webpack)(options);
        const { warnings, errors } = stats.toJson({ all: false, warnings: true, errors: true });
        return [...warnings, ...errors].map((/** @type {{ message: string }} */ { message }) => message);
      },
    },
    {
      name: 'Rollup',
      bundle: async (application, entry, out) => {
        /** @type {string[]} */
        const warnings = [];
        const onwarn = (/** @type {{ message: string }} */ { message }) => void warnings.push(message);
        const bundle = await rollup({
          input: join(application, entry),
          onwarn,
          plugins: [nodeResolve({ browser: true })],
        });
        const { output } = await bundle.generate({ format: 'es' });
        mkdirSync(join(out, '..'), { recursive: true });
        // Rollup leaves making it small to others.
        const { code } = await esbuild.transform(output[0].code, { minify: true, format: 'esm', target: 'es2022' });
        writeFileSync(out, code);
        return warnings;
      },
    },
  ];
}

/**
 * @param {string} installed
 * @param {string} name of a package
 * @returns {string} its version
 */
export function versionOf(installed, name) {
  return JSON.parse(readFileSync(join(installed, 'node_modules', name, 'package.json'), 'utf8')).version;
}
