// Compiles the masking kernel to a byte literal in a .ts file. With --check, only says whether that file is up to date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import wabt from 'wabt';

import { ROOT } from './support/paths.js';

const FOLDER = 'packages/millrace/src/protocol/wire';
const source = join(ROOT, FOLDER, 'mask-kernel.wat');
const target = join(ROOT, FOLDER, 'mask-kernel.generated.ts');

if (existsSync(source)) {
  const expected = render(await compile(readFileSync(source, 'utf8')));
  const actual = existsSync(target) ? readFileSync(target, 'utf8') : undefined;

  if (actual !== expected && process.argv.includes('--check')) {
    console.error(`${FOLDER}/mask-kernel.generated.ts is out of date: npm run build`);
    process.exit(1);
  }
  if (actual !== expected) writeFileSync(target, expected);
}

/**
 * @param {string} text WebAssembly in its text format
 * @returns {Promise<Uint8Array>} the module
 */
async function compile(text) {
  const compiler = await wabt();
  const module = compiler.parseWat('mask-kernel.wat', text, { simd: true });
  try {
    module.resolveNames();
    module.validate();
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

/**
 * @param {Uint8Array} bytes
 * @returns {string} a TypeScript module
 */
function render(bytes) {
  const literals = Array.from(bytes, (byte) => `0x${byte.toString(16).padStart(2, '0')},`);
  const lines = [];
  for (let start = 0; start < literals.length; start += 16) {
    lines.push(`  ${literals.slice(start, start + 16).join(' ')}`);
  }

  return `// Generated from mask-kernel.wat by scripts/build-mask-kernel.js (npm run build). Do not edit.

/** The masking kernel: a WebAssembly module that uses SIMD. */
export const MASK_KERNEL: Uint8Array<ArrayBuffer> = new Uint8Array([
${lines.join('\n')}
]);
`;
}
