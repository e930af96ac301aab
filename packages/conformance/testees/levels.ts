/** The levels at which a testee can echo. */
export const LEVELS = ['message', 'frame', 'stream'] as const;

/** One of {@link LEVELS}. */
export type Level = (typeof LEVELS)[number];

/** Reads a level from the command line. */
export function toLevel(text: string | undefined): Level {
  const level = LEVELS.find((one) => one === text);
  if (level === undefined) throw new Error(`level is ${String(text)}, expected one of ${LEVELS.join(', ')}`);
  return level;
}
