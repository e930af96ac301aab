import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { parseInteger, parseSize, readArguments } from '../support/arguments.ts';
import { UsageError, messageOf, systemErrorCode } from '../support/program.ts';
import type { StreamSource } from './run.ts';

/** The command line of the main job. */
export interface MainArguments {
  readonly sources: readonly StreamSource[];
  /** 0 for any free port. */
  readonly port: number;
  readonly json: boolean;
  readonly help: boolean;
}

/** The command line, in one line. */
export const USAGE = 'npm start -- [--file PATH] [--random SIZE] [--port PORT] [--json] [--help]';

/**
 * Reads the command line, and looks at the file.
 *
 * @throws {UsageError} if it cannot be followed
 */
export function readMainArguments(): MainArguments {
  const { file, random, port, json, help } = readArguments(USAGE, () => {
    return parseArgs({
      options: {
        file: { type: 'string', default: process.execPath },
        random: { type: 'string', default: '256MiB' },
        port: { type: 'string', default: '0' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  });

  const size = parseSize('--random', random);
  const portNumber = parseInteger('--port', port, 0, 65_535);
  return { sources: [checkFile(file), { kind: 'random', size }], port: portNumber, json, help };
}

/** npm runs its scripts in the folder of package.json, and says where it was called. */
function checkFile(given: string): StreamSource {
  const path = resolve(process.env['INIT_CWD'] ?? '.', given);
  try {
    const status = statSync(path);
    if (status.isDirectory()) throw new UsageError(`--file is '${given}', which is a directory, expected a file`);
    if (!status.isFile()) throw new UsageError(`--file is '${given}', which is not a regular file`);
    accessSync(path, constants.R_OK);
    return { kind: 'file', path, size: status.size };
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(describe(error, given), { cause: error });
  }
}

function describe(error: unknown, path: string): string {
  const code = systemErrorCode(error);
  if (code === 'ENOENT') return `--file is '${path}': there is no such file`;
  if (code === 'EACCES') return `--file is '${path}': it may not be read`;
  return `--file is '${path}', which cannot be read: ${messageOf(error)}`;
}
