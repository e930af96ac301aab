/**
 * Whether anything is left of a compiled module without its comments.
 *
 * @param {string} source
 * @returns {boolean}
 */
export function hasCode(source) {
  const comments = /\/\*[^]*?\*\/|\/\/.*$/gm;
  return source.replace(comments, '').trim() !== 'export {};';
}
