/**
 * Attacks on other implementations that are known to us, by our ids: on opening handshakes (V001 to V033), by compression (V090 to V096), and on lifetimes,
 * memory and flow control (V100 to V112). Each has a test here that is named after it, and a defence without which that test fails.
 */
export const ATTACKS = [...range(1, 33), ...range(90, 96), ...range(100, 112)].map(
  (number) => `V${String(number).padStart(3, '0')}`,
);

/** Those that do not apply to us, with the reason. @type {Readonly<Record<string, string>>} */
export const NOT_APPLICABLE = {
  V027: 'the time that it takes to compare credentials tells them: the library compares none',
};

/**
 * @param {string} id of a defence
 * @returns {string | undefined} the attack that it stands against, if it is named after one
 */
export function attackOf(id) {
  return /^V\d{3}(?=-)/.exec(id)?.[0];
}

/**
 * @param {number} first
 * @param {number} last
 * @returns {number[]}
 */
function range(first, last) {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
