// Who imports whom in the library, as a diagram, from the imports of its sources.
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

import ts from 'typescript';

import { ROOT, filesBelow } from './paths.js';

const SOURCES = join(ROOT, 'packages/millrace/src');
const BLOCK = /^<!-- the house -->\n\n```mermaid\n.*?^```$/ms;

/**
 * A page, with its diagram of the house as it is now, if it has one.
 *
 * @param {string} page
 * @returns {string}
 */
export function includeHouse(page) {
  return page.replace(BLOCK, () => `<!-- the house -->\n\n\`\`\`mermaid\n${renderHouse()}\n\`\`\``);
}

/** @returns {string} a flow chart of the rooms: an arrow leads from what is imported to who imports it */
function renderHouse() {
  const imports = findImports();
  const rooms = [...imports.keys()].sort();
  const inside = rooms.filter((room) => room.startsWith('protocol/'));
  const outside = rooms.filter((room) => !inside.includes(room));
  const arrows = rooms.flatMap((room) =>
    reduce(room, imports).map((imported) => `  ${idOf(imported)} --> ${idOf(room)}`),
  );
  return [
    'flowchart LR',
    '  subgraph protocol',
    ...inside.map((room) => `    ${idOf(room)}["${room.slice('protocol/'.length)}/"]`),
    '  end',
    ...outside.map((room) => `  ${idOf(room)}["${room}/"]`),
    ...arrows,
  ].join('\n');
}

/** @returns {Map<string, Set<string>>} the rooms that each room imports */
function findImports() {
  /** @type {Map<string, Set<string>>} */
  const imports = new Map();
  for (const file of filesBelow(SOURCES).filter((path) => path.endsWith('.ts'))) {
    const room = roomOf(file);
    if (room === undefined) continue;
    const imported = imports.get(room) ?? new Set();
    imports.set(room, imported);
    for (const { fileName } of ts.preProcessFile(readFileSync(file, 'utf8')).importedFiles) {
      const other = fileName.startsWith('.') ? roomOf(normalize(join(dirname(file), fileName))) : undefined;
      if (other !== undefined && other !== room) imported.add(other);
    }
  }
  return imports;
}

/**
 * What a room imports, without what it has through another room anyway.
 *
 * @param {string} room
 * @param {Map<string, Set<string>>} imports
 * @returns {string[]}
 */
function reduce(room, imports) {
  const direct = [...(imports.get(room) ?? [])].sort();
  return direct.filter((one) => !direct.some((other) => other !== one && reaches(other, one, imports)));
}

/**
 * @param {string} from
 * @param {string} to
 * @param {Map<string, Set<string>>} imports
 * @returns {boolean} whether a room imports another, directly or not
 */
function reaches(from, to, imports) {
  return [...(imports.get(from) ?? [])].some((next) => next === to || reaches(next, to, imports));
}

/**
 * @param {string} file
 * @returns {string | undefined} the room that a source stands in; the public surface stands in none
 */
function roomOf(file) {
  const [first, second, third] = file.slice(SOURCES.length + 1).split('/');
  if (second === undefined) return undefined;
  if (first !== 'protocol') return first;
  return third === undefined ? undefined : `protocol/${second}`;
}

/**
 * @param {string} room
 * @returns {string}
 */
function idOf(room) {
  return room.replace('/', '_');
}
