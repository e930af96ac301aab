import { checkLimit, checkOptionNames, invalidOption, type KnownNames } from '../protocol/base/checks.ts';
import { LARGEST_WINDOW_BITS, SMALLEST_WINDOW_BITS } from './parameters.ts';

/**
 * How messages are compressed (permessage-deflate, RFC 7692), and what is agreed on with the peer. All are optional.
 *
 * The four parameters are preferences: a peer that cannot fulfil one is talked to without it.
 */
export interface CompressionOptions {
  /**
   * The server compresses each message by itself: fewer messages get small, but it keeps no memory for a connection, and the client need not.
   *
   * @defaultValue false
   */
  readonly serverNoContextTakeover?: boolean | undefined;
  /**
   * The client compresses each message by itself. On a server, this saves the memory that a connection needs for decompressing.
   *
   * @defaultValue false
   */
  readonly clientNoContextTakeover?: boolean | undefined;
  /**
   * How far back the server may refer to what it sent: 2 to the power of this, in bytes; 9 to 15.
   *
   * @defaultValue 13 (8 KiB) on a server; a client leaves it to the server
   */
  readonly serverMaxWindowBits?: number | undefined;
  /**
   * How far back the client may refer to what it sent: 2 to the power of this, in bytes; 9 to 15. A client that does not let the server choose uses 15.
   *
   * @defaultValue 13 (8 KiB)
   */
  readonly clientMaxWindowBits?: number | undefined;
  /**
   * How much work is put into a message: 1 (fast) to 9 (small).
   *
   * @defaultValue 5
   */
  readonly level?: number | undefined;
  /**
   * Memory of a context for what is not yet coded, from 1 to 9; each step doubles it, 8 KiB at 5.
   *
   * @defaultValue 5
   */
  readonly memLevel?: number | undefined;
  /**
   * Messages that are shorter than this, in bytes, are sent as they are, unless they ask to be compressed. Messages that are sent as a stream have no
   * length and are compressed.
   *
   * @defaultValue 64; 512 where each message is compressed by itself
   */
  readonly threshold?: number | undefined;
  /**
   * Memory in bytes that compression may take in this process, for all connections. Half of it is for what peers may refer back to: when that is given
   * away, further peers are asked to compress each message by itself. The rest is for our own history: connections that get none of it compress
   * each message by itself, for the time being.
   *
   * @defaultValue 268_435_456 (256 MiB)
   */
  readonly memoryBudget?: number | undefined;
}

/** {@link CompressionOptions} with every default filled in that does not depend on the connection, and every value checked. */
export interface ResolvedCompressionOptions {
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  readonly serverMaxWindowBits: number | undefined;
  readonly clientMaxWindowBits: number | undefined;
  readonly level: number;
  readonly memLevel: number;
  readonly threshold: number | undefined;
  readonly memoryBudget: number;
}

const COMPRESSION_OPTION_NAMES: KnownNames<keyof CompressionOptions> = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  serverMaxWindowBits: true,
  clientMaxWindowBits: true,
  level: true,
  memLevel: true,
  threshold: true,
  memoryBudget: true,
};

const DEFAULT_LEVEL = 5;
const DEFAULT_MEM_LEVEL = 5;
const DEFAULT_MEMORY_BUDGET = 256 * 1024 * 1024;

/**
 * Fills in the defaults of {@link CompressionOptions} and checks the values.
 *
 * @param options - `true` has all defaults
 *
 * @throws {LocalUsageError} naming the option, its value and what would be valid
 */
export function resolveCompressionOptions(options: CompressionOptions | true = true): ResolvedCompressionOptions {
  const given = options === true ? {} : options;
  checkObject(given);
  checkOptionNames('compression', given, COMPRESSION_OPTION_NAMES);
  const { level = DEFAULT_LEVEL, memLevel = DEFAULT_MEM_LEVEL, memoryBudget = DEFAULT_MEMORY_BUDGET } = given;
  return Object.freeze({
    serverNoContextTakeover: checkFlag('serverNoContextTakeover', given.serverNoContextTakeover),
    clientNoContextTakeover: checkFlag('clientNoContextTakeover', given.clientNoContextTakeover),
    serverMaxWindowBits: checkWindowBits('serverMaxWindowBits', given.serverMaxWindowBits),
    clientMaxWindowBits: checkWindowBits('clientMaxWindowBits', given.clientMaxWindowBits),
    level: checkWithin('level', level, [1, 9]),
    memLevel: checkWithin('memLevel', memLevel, [1, 9]),
    threshold: given.threshold === undefined ? undefined : checkLimit('compression.threshold', given.threshold),
    memoryBudget: checkLimit('compression.memoryBudget', memoryBudget),
  });
}

function checkObject(value: unknown): void {
  if (typeof value !== 'object' || value === null) {
    throw invalidOption('compression', value, 'true, false or an object');
  }
}

function checkFlag(name: keyof CompressionOptions, value: unknown): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? false;
  throw invalidOption(`compression.${name}`, value, 'true or false');
}

/** zlib compresses with 9 to 15: it takes 8 for 9, which a peer with a window of 8 bits could not read. */
function checkWindowBits(name: keyof CompressionOptions, value: number | undefined): number | undefined {
  return value === undefined ? undefined : checkWithin(name, value, [SMALLEST_WINDOW_BITS, LARGEST_WINDOW_BITS]);
}

function checkWithin(name: keyof CompressionOptions, value: unknown, [least, most]: [number, number]): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalidOption(`compression.${name}`, value, `an integer from ${String(least)} to ${String(most)}`);
}
