/**
 * Lists defences that stand in one source and are tested together.
 *
 * @param {string} file
 * @param {readonly string[]} tests
 * @param {Record<string, readonly [text: string, replacement: string]>} changes by id
 * @returns {import('../defences.js').Defence[]}
 */
export function defencesIn(file, tests, changes) {
  return Object.entries(changes).map(([id, [text, replacement]]) => ({ id, file, text, replacement, tests }));
}
