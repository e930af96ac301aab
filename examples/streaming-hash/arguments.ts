import { parseArgs } from 'node:util';

import { parseInteger, parseSize, readArguments } from '../support/arguments.ts';
import { UsageError } from '../support/program.ts';

/** The command line of each program in this folder. */
export interface HashArguments {
  readonly url: string;
  /** Of a message, a frame or a batch, in bytes. */
  readonly size: number;
  /** How many of them a client sends; `Infinity` with `--forever`. */
  readonly count: number;
  /** A server goes on after its first connection, a client does not stop sending. */
  readonly forever: boolean;
}

const USAGE = '[--url ws://localhost:9000] [--size 1MiB] [--count 5] [--forever]';

/**
 * Reads the command line.
 *
 * @throws {UsageError} if it cannot be followed
 */
export function readHashArguments(): HashArguments {
  const { url, size, count, forever } = readArguments(USAGE, () => {
    return parseArgs({
      options: {
        url: { type: 'string', default: 'ws://localhost:9000' },
        size: { type: 'string', default: '1MiB' },
        count: { type: 'string', default: '5' },
        forever: { type: 'boolean', default: false },
      },
    }).values;
  });

  if (!URL.canParse(url) || !/^wss?:$/.test(new URL(url).protocol)) {
    throw new UsageError(`--url is '${url}', expected the URL of a WebSocket, such as ws://localhost:9000`);
  }
  const rounds = parseInteger('--count', count, 1, Number.MAX_SAFE_INTEGER);
  return { url, size: parseSize('--size', size, 1), count: forever ? Infinity : rounds, forever };
}
