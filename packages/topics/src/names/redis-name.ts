/**
 * Writes the name of a topic as part of a key of Redis: braces, which mark hash tags there, and `=` become `=XX`. Two names never become the same.
 *
 * @param topic - checked
 */
export function toRedisName(topic: string): string {
  return topic.replaceAll(/[={}]/g, (character) => CODES[character] ?? character);
}

/** Reads what {@link toRedisName} has written; `undefined` for what it cannot have written. */
export function fromRedisName(name: string): string | undefined {
  const topic = name.replaceAll(/=(3D|7B|7D)/g, (code) => CHARACTERS[code] ?? code);
  return toRedisName(topic) === name ? topic : undefined;
}

const CODES: Readonly<Record<string, string>> = { '=': '=3D', '{': '=7B', '}': '=7D' };
const CHARACTERS: Readonly<Record<string, string>> = { '=3D': '=', '=7B': '{', '=7D': '}' };
