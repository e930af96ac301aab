// Checks two rules of the library's house that no linter knows: folders that can be seen at a glance, and one meaning for each exported name.
import './setup.js';

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import ts from 'typescript';

import { ROOT, displayPath, filesBelow } from './support/paths.js';

const MAX_FILES = 15;

const sources = filesBelow(join(ROOT, 'packages/millrace/src')).filter((file) => file.endsWith('.ts'));
if (sources.length === 0) throw new Error('there are no sources to check');

/** How many files a folder has. @type {Map<string, number>} */
const sizes = new Map();
/** Where the types of a name stand. @type {Map<string, Set<string>>} */
const types = new Map();

for (const source of sources) {
  const path = displayPath(source);
  const folder = path.slice(0, path.lastIndexOf('/'));
  sizes.set(folder, (sizes.get(folder) ?? 0) + 1);
  for (const name of exportedTypes(source)) types.set(name, (types.get(name) ?? new Set()).add(path));
}

const faults = [
  ...[...sizes]
    .filter(([, size]) => size > MAX_FILES)
    .map(([folder, size]) => `${folder} has ${String(size)} files, expected at most ${String(MAX_FILES)}`),
  ...[...types]
    .filter(([, places]) => places.size > 1)
    .map(([name, places]) => `${name} means several things: ${[...places].join(', ')}`),
];
for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;

/**
 * @param {string} source
 * @returns {string[]} the names of the types and classes that it declares and exports
 */
function exportedTypes(source) {
  const file = ts.createSourceFile(source, readFileSync(source, 'utf8'), ts.ScriptTarget.Latest);
  return file.statements
    .filter((node) => ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isClassDeclaration(node))
    .filter((node) => node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false)
    .flatMap(({ name }) => (name === undefined ? [] : [name.text]));
}
