import { KNOWN_ATTACKS } from './defences/attacks.js';
import { CONNECTION } from './defences/connection.js';
import { CONNECTIONS } from './defences/connections.js';
import { DEFLATE } from './defences/deflate.js';
import { FACADES } from './defences/facades.js';
import { HANDSHAKE } from './defences/handshake.js';
import { CLASSES } from './defences/classes.js';
import { LIMITS } from './defences/limits.js';
import { MESSAGES } from './defences/messages.js';
import { OBSERVING } from './defences/observing.js';
import { TOPICS } from './defences/topics.js';
import { WEB } from './defences/web.js';
import { WIRE } from './defences/wire.js';

/**
 * One defence of the library, and how to take it away.
 *
 * @typedef {object} Defence
 * @property {string} id one that begins with the id of a known attack (`V001-…`) is noticed by a test that has it in its name, too
 * @property {string} [package] the folder of its package, below packages; `millrace` unless given
 * @property {string} file a source, below src of the package
 * @property {string} [place] a function in it: `take`, `#seal`, `get cost`, `constructor`, or `OutputQueue.take` where several have the name
 * @property {string} text what stands exactly once in that function, or in the source
 * @property {string} replacement what stands there instead when the defence is gone
 * @property {number} [since] the first major version of Node on which it is needed
 * @property {readonly string[]} tests the beginnings of test files, below the tests: one of their tests must fail then
 */

/** @type {readonly Defence[]} */
export const DEFENCES = [
  ...KNOWN_ATTACKS,
  ...WIRE,
  ...MESSAGES,
  ...CONNECTION,
  ...HANDSHAKE,
  ...CLASSES,
  ...CONNECTIONS,
  ...WEB,
  ...DEFLATE,
  ...LIMITS,
  ...FACADES,
  ...OBSERVING,
  ...TOPICS,
];
