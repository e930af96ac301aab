// Compiles the kernels, which are WebAssembly in its text format, to byte literals in .ts files. With --check, only says whether these are up to date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import wabt from 'wabt';

import { ROOT } from './support/paths.js';

/** A kernel: the name of its files, and of the constant that has its bytes. */
const KERNELS = [
  { path: 'packages/millrace/src/protocol/wire/mask-kernel', constant: 'MASK_KERNEL', does: 'masks' },
  {
    path: 'packages/millrace/src/transport/text/widen-kernel',
    constant: 'WIDEN_KERNEL',
    does: 'widens UTF-8 to UTF-16',
  },
];

const compiler = await wabt();

for (const kernel of KERNELS) {
  const source = join(ROOT, `${kernel.path}.wat`);
  const target = join(ROOT, `${kernel.path}.generated.ts`);
  if (!existsSync(source)) continue;

  const expected = render(kernel, compile(readFileSync(source, 'utf8')));
  const actual = existsSync(target) ? readFileSync(target, 'utf8') : undefined;
  if (actual === expected) continue;

  if (process.argv.includes('--check')) {
    console.error(`${kernel.path}.generated.ts is out of date: npm run build`);
    process.exitCode = 1;
  } else {
    writeFileSync(target, expected);
  }
}

/**
 * @param {string} text WebAssembly in its text format
 * @returns {Uint8Array} the module
 */
function compile(text) {
  const module = compiler.parseWat('kernel.wat', text, { simd: true });
  try {
    module.resolveNames();
    module.validate();
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

/**
 * @param {(typeof KERNELS)[number]} kernel
 * @param {Uint8Array} bytes
 * @returns {string} a TypeScript module
 */
function render({ path, constant, does }, bytes) {
  const literals = Array.from(bytes, (byte) => `0x${byte.toString(16).padStart(2, '0')},`);
  const lines = [];
  for (let start = 0; start < literals.length; start += 16) {
    lines.push(`  ${literals.slice(start, start + 16).join(' ')}`);
  }

  return `// Generated from ${path.slice(path.lastIndexOf('/') + 1)}.wat by scripts/build-kernels.js (npm run build). Do not edit.

/** A WebAssembly module that ${does}, by SIMD. */
export const ${constant}: Uint8Array<ArrayBuffer> = new Uint8Array([
${lines.join('\n')}
]);
`;
}
