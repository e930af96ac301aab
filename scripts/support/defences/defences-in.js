/**
 * How a defence is taken away: what stands there instead of a text, anywhere in the source, or in a function of it that is named.
 *
 * @typedef {readonly [text: string, replacement: string] | readonly [place: string, text: string, replacement: string]} Change
 */

/**
 * Lists defences that stand in one source and are tested together.
 *
 * @param {string} file
 * @param {readonly string[]} tests
 * @param {Record<string, Change>} changes by id; name the function where you can, so that the text can be short and survives when others change
 * @returns {import('../defences.js').Defence[]}
 */
export function defencesIn(file, tests, changes) {
  return Object.entries(changes).map(([id, change]) => {
    if (change.length === 2) return { id, file, text: change[0], replacement: change[1], tests };
    return { id, file, place: change[0], text: change[1], replacement: change[2], tests };
  });
}
