import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import ts from 'typescript';

import { ROOT } from './paths.js';
import { findFunctions } from './source-places.js';

const OPTIONS = transpilerOptions();

/**
 * Takes a defence away.
 *
 * @param {string} source
 * @param {{ place?: string | undefined, text: string, replacement: string }} defence
 * @returns {string} the source without the defence
 * @throws {Error} if its place or its text does not occur exactly once
 */
export function change(source, { place, text, replacement }) {
  const functions = place === undefined ? [{ start: 0, end: source.length }] : findFunctions(source, place);
  const [only] = functions;
  if (only === undefined || functions.length > 1) {
    throw new Error(`there are ${String(functions.length)} functions ${String(place)}, expected one`);
  }
  const { start, end } = only;
  const parts = source.slice(start, end).split(text);
  if (parts.length !== 2) throw new Error(`its text occurs ${String(parts.length - 1)} times, expected once`);
  const changed = source.slice(0, start) + parts.join(replacement) + source.slice(end);
  if (changed === source) throw new Error('it changes nothing');
  return changed;
}

/**
 * Compiles one source by itself, without a look at its types.
 *
 * @param {string} source
 * @param {string} file how errors call it
 * @returns {string} JavaScript
 * @throws {Error} if it cannot be parsed
 */
export function compile(source, file) {
  const { outputText, diagnostics = [] } = ts.transpileModule(source, {
    compilerOptions: OPTIONS,
    fileName: file,
    reportDiagnostics: true,
  });
  const [problem] = diagnostics;
  if (problem !== undefined) throw new Error(ts.flattenDiagnosticMessageText(problem.messageText, ' '));
  return outputText;
}

/** @returns {ts.CompilerOptions} ours, for one file alone: it cannot be seen there that the package has ES modules */
function transpilerOptions() {
  /** @type {{ config?: { compilerOptions: object } }} */
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.base.json'), (path) => readFileSync(path, 'utf8'));
  const { options } = ts.convertCompilerOptionsFromJson(config?.compilerOptions, ROOT);
  const { ESNext } = ts.ModuleKind;
  const { Bundler } = ts.ModuleResolutionKind;
  return { ...options, module: ESNext, moduleResolution: Bundler, isolatedDeclarations: false, sourceMap: false };
}
