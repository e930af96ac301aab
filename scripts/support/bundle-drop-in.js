// Bundles the drop-in for `ws` as that is published itself: a CommonJS module that is the class, and the names of it for ES modules. So there is one class in a process,
// whoever takes it, and whatever loads it: Jest, for one, cannot `require` ES modules.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { rollup } from 'rollup';

import { leanCode, withoutMapComments } from './bundle-plugins.js';
import { ROOT } from './paths.js';

const SOURCE = join(ROOT, 'packages/ws');

/** What is taken along as it is. */
const KEPT = ['README.md', 'LICENSE', 'browser.cjs', 'types'];

/** What ES modules import by name. */
const NAMES = [
  'connectionOf',
  'createWebSocketStream',
  'extension',
  'PerMessageDeflate',
  'Sender',
  'subprotocol',
  'WebSocketServer',
];

/** How loaders find it. `ws` has the same conditions. */
const EXPORTS = {
  '.': {
    browser: { types: './types/index.d.cts', default: './browser.cjs' },
    import: { types: './types/index.d.ts', default: './index.js' },
    require: { types: './types/index.d.cts', default: './index.cjs' },
  },
  './package.json': './package.json',
};

/**
 * Writes what is published to packages/ws/dist/package, of what is built already. `millrace` stays outside, so that programs that use both have one copy of it.
 *
 * @returns {Promise<string>} the folder to publish
 */
export async function bundleDropIn() {
  const target = join(SOURCE, 'dist/package');
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  for (const name of KEPT) cpSync(join(SOURCE, name), join(target, name), { recursive: true });
  await writeClass(join(target, 'index.cjs'));
  writeFileSync(join(target, 'index.js'), namesOfClass());
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(publishedManifest(), undefined, 2)}\n`);
  return target;
}

/** @param {string} file */
async function writeClass(file) {
  const bundle = await rollup({
    input: join(SOURCE, 'dist/src/common-js.js'),
    external: /^(node:|millrace(\/|$))/,
    plugins: [withoutMapComments()],
    onwarn({ message }) {
      throw new Error(message);
    },
  });
  await bundle.write({
    file,
    format: 'cjs',
    exports: 'default',
    interop: 'auto',
    generatedCode: 'es2015',
    plugins: [leanCode()],
  });
  await bundle.close();
}

/** @returns {string} */
function namesOfClass() {
  return `import WebSocket from './index.cjs';

export const { ${NAMES.join(', ')} } = WebSocket;
export { WebSocket, WebSocket as default, WebSocket as 'module.exports' };
`;
}

/** @returns {Record<string, unknown>} */
function publishedManifest() {
  /** @type {Record<string, unknown>} */
  const manifest = JSON.parse(readFileSync(join(SOURCE, 'package.json'), 'utf8'));
  return {
    ...manifest,
    files: undefined,
    scripts: undefined,
    main: './index.cjs',
    types: './types/index.d.cts',
    browser: './browser.cjs',
    exports: EXPORTS,
  };
}
