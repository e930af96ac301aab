import { randomBytes } from 'node:crypto';

/** So many bytes are made at a time: asking for each id costs more than the id. */
const POOL_SIZE = 4096;

/** Of an id, in bytes: two of the same topic and offset meet once in 2^72 times. */
const ID_SIZE = 9;

let pool = randomBytes(0);
let next = 0;

/** Makes an id of 12 characters that nobody can guess. */
export function randomId(): string {
  if (next + ID_SIZE > pool.length) {
    pool = randomBytes(POOL_SIZE);
    next = 0;
  }
  return pool.toString('base64url', next, (next += ID_SIZE));
}
