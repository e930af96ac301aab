import { checkBag, checkLimit, checkOptionNames, invalidOption, type KnownNames } from '../base/checks.ts';
import type { Extension } from '../extension/extension.ts';
import { claimExtensionPoints, type Claims, type ExtensionPoints } from '../extension/claims.ts';
import type { ReceiveRate } from '../receive/rate-limiter.ts';

/** When a silent peer is pinged, and when it is given up. */
export interface KeepAliveOptions {
  /** Silence after which a ping is sent, in milliseconds. */
  readonly interval: number;
  /** Further silence after which the connection is given up, in milliseconds. */
  readonly timeout: number;
  /** Silence inside an incoming frame, whose sender cannot answer a ping, after which it is given up, in milliseconds. */
  readonly midFrameTimeout: number;
}

/** {@link KeepAliveOptions} of which any may be missing. */
type PartialKeepAlive = { readonly [Name in keyof KeepAliveOptions]?: KeepAliveOptions[Name] | undefined };

/** How much a peer may send in a second. What is missing has its default. */
export interface ReceiveRateOptions {
  /** Messages a second. `Infinity`, the default, sets no limit. */
  readonly messages?: number | undefined;
  /** Bytes a second, headers included. `Infinity`, the default, sets no limit. */
  readonly bytes?: number | undefined;
  /** Frames a second, control frames included. `Infinity`, the default, sets no limit. */
  readonly frames?: number | undefined;
  /** How much may come at once: what comes in so many milliseconds at the rate; 1000 by default. */
  readonly burst?: number | undefined;
  /**
   * `'wait'`, the default, has what exceeds the rate wait, as for an application that is busy: up to `readAhead`; behind that, nothing is read. `'refuse'` fails the connection
   * (1008).
   */
  readonly onExcess?: 'wait' | 'refuse' | undefined;
}

/** Options of a connection, after its opening handshake. All are optional; sizes in bytes, times in milliseconds. */
export interface ConnectionOptions {
  /**
   * Longest message to collect. A longer one fails the connection with close code 1009; as a stream (level 3), messages of any
   * length can be received. `Infinity` sets no limit.
   *
   * @defaultValue 16_777_216 (16 MiB)
   */
  readonly maxMessageSize?: number | undefined;
  /**
   * Longest frame to collect, judged by its header. `Infinity` sets no limit.
   *
   * @defaultValue 16_777_216 (16 MiB)
   */
  readonly maxFrameSize?: number | undefined;
  /**
   * Longest message to receive at any level, streams too.
   *
   * @defaultValue Infinity
   */
  readonly maxStreamedMessageSize?: number | undefined;
  /**
   * Time for the whole closing, from the first `close()` or from the peer's Close. The transport is dropped after it.
   *
   * @defaultValue 10_000
   */
  readonly closeTimeout?: number | undefined;
  /**
   * Pings a silent peer and gives it up when it stays silent; `false` does neither. Members that are missing have their
   * defaults.
   *
   * @defaultValue `{ interval: 20_000, timeout: 20_000, midFrameTimeout: 120_000 }`
   */
  readonly keepAlive?: PartialKeepAlive | false | undefined;
  /**
   * What may be on its way out, in bytes by its cost in memory, before senders are told to wait.
   *
   * @defaultValue 65_536 (64 KiB)
   */
  readonly highWaterMark?: number | undefined;
  /**
   * What may wait to be sent, in all, in bytes by its cost in memory. A send that would exceed it fails the connection with close code 1008; an empty buffer
   * takes any message. At least 2 × `highWaterMark`.
   *
   * @defaultValue 16_777_216 (16 MiB)
   */
  readonly maxBufferedAmount?: number | undefined;
  /**
   * How much may be received for an application that is busy, by its cost in memory: while a promise of it is pending, while it has paused receiving, while nobody
   * asks for a message. Pings, Close and the end of the peer are noticed up to there, and not behind. With 0, nothing is read meanwhile.
   *
   * @defaultValue 65_536 (64 KiB)
   */
  readonly readAhead?: number | undefined;
  /**
   * How much the peer may send in a second: `{ messages, bytes, frames, burst, onExcess }`. What exceeds it waits, or is refused. Pings are counted and answered, a Close is dealt with
   * at once, as far as they are read.
   *
   * @defaultValue none
   */
  readonly receiveRate?: ReceiveRateOptions | undefined;
  /**
   * Bytes a second at which a message has to come in, on average over five seconds; a slower one fails the connection with close code 1008. Between messages, and while
   * the application is busy, nothing has to come.
   *
   * @defaultValue 0
   */
  readonly minReceiveRate?: number | undefined;
  /**
   * Time after which the connection is closed (1001), whatever it does: ±10 % at random, so that those that began together do not end together.
   *
   * @defaultValue Infinity
   */
  readonly maxLifetime?: number | undefined;
  /**
   * Time without a data message in either direction, while the application is not busy with one, after which the connection is closed (1001). Pings do not count.
   *
   * @defaultValue Infinity
   */
  readonly idleTimeout?: number | undefined;
  /**
   * Longest frame that a message of known length is cut into, so that control frames get through in between.
   *
   * @defaultValue 1_048_576 (1 MiB)
   */
  readonly fragmentSize?: number | undefined;
  /**
   * Reserved bits and opcodes that the application itself gives a meaning.
   *
   * @defaultValue none
   */
  readonly extensionPoints?: ExtensionPoints | undefined;
  /**
   * Extensions to agree on with the peer, in the order in which they are to change what is sent; see docs/extensions.md.
   *
   * @defaultValue none
   */
  readonly extensions?: readonly Extension[] | undefined;
  /**
   * Level 3 hooks get views into the read buffer, valid until the hook returns, instead of copies. `'debug'` overwrites them
   * afterwards, to find misuse.
   *
   * @defaultValue false
   */
  readonly lendPayload?: boolean | 'debug' | undefined;
}

/** {@link ConnectionOptions} with every default filled in and every value checked. */
export interface ResolvedConnectionOptions {
  readonly maxMessageSize: number;
  readonly maxFrameSize: number;
  readonly maxStreamedMessageSize: number;
  readonly closeTimeout: number;
  readonly keepAlive: KeepAliveOptions | false;
  readonly highWaterMark: number;
  readonly maxBufferedAmount: number;
  readonly readAhead: number;
  readonly receiveRate: ReceiveRate | undefined;
  readonly minReceiveRate: number;
  readonly maxLifetime: number;
  readonly idleTimeout: number;
  readonly fragmentSize: number;
  readonly extensionPoints: ExtensionPoints;
  /** The table of what {@link extensionPoints} claims, one for all connections. */
  readonly claims: Claims;
  readonly extensions: readonly Extension[];
  readonly lendPayload: boolean | 'debug';
}

/** What {@link ConnectionOptions} are called. */
export const CONNECTION_OPTION_NAMES: KnownNames<keyof ConnectionOptions> = {
  maxMessageSize: true,
  maxFrameSize: true,
  maxStreamedMessageSize: true,
  closeTimeout: true,
  keepAlive: true,
  readAhead: true,
  highWaterMark: true,
  maxBufferedAmount: true,
  receiveRate: true,
  minReceiveRate: true,
  maxLifetime: true,
  idleTimeout: true,
  fragmentSize: true,
  extensionPoints: true,
  extensions: true,
  lendPayload: true,
};

const KEEP_ALIVE_NAMES: KnownNames<keyof KeepAliveOptions> = { interval: true, timeout: true, midFrameTimeout: true };

const RECEIVE_RATE_NAMES: KnownNames<keyof ReceiveRateOptions> = {
  messages: true,
  bytes: true,
  frames: true,
  burst: true,
  onExcess: true,
};

const EXTENSION_POINT_NAMES: KnownNames<keyof ExtensionPoints> = {
  reservedBits: true,
  dataOpcodes: true,
  controlOpcodes: true,
};

const MIB = 1024 * 1024;

const AMOUNTS = [
  'maxMessageSize',
  'maxFrameSize',
  'maxStreamedMessageSize',
  'closeTimeout',
  'highWaterMark',
  'maxBufferedAmount',
  'readAhead',
  'minReceiveRate',
  'maxLifetime',
  'idleTimeout',
  'fragmentSize',
] as const;

const POSITIVE = ['fragmentSize', 'maxLifetime', 'idleTimeout'] as const;

const DEFAULT_AMOUNTS: Readonly<Record<(typeof AMOUNTS)[number], number>> = {
  maxMessageSize: 16 * MIB,
  maxFrameSize: 16 * MIB,
  maxStreamedMessageSize: Infinity,
  closeTimeout: 10_000,
  highWaterMark: 64 * 1024,
  maxBufferedAmount: 16 * MIB,
  readAhead: 64 * 1024,
  minReceiveRate: 0,
  maxLifetime: Infinity,
  idleTimeout: Infinity,
  fragmentSize: MIB,
};

const DEFAULT_KEEP_ALIVE: KeepAliveOptions = { interval: 20_000, timeout: 20_000, midFrameTimeout: 120_000 };

/**
 * Fills in the defaults of {@link ConnectionOptions} and checks the values.
 *
 * @throws {LocalUsageError} naming the option, its value and what would be valid
 */
export function resolveConnectionOptions(options: ConnectionOptions = {}): ResolvedConnectionOptions {
  const amounts: Record<(typeof AMOUNTS)[number], number> = { ...DEFAULT_AMOUNTS };
  for (const name of AMOUNTS) {
    amounts[name] = checkLimit(name, options[name] ?? amounts[name]);
  }
  for (const name of POSITIVE) {
    if (amounts[name] === 0) throw invalidOption(name, 0, 'a positive integer or Infinity');
  }
  if (amounts.minReceiveRate === Infinity) throw invalidOption('minReceiveRate', Infinity, 'a number of bytes');
  const { highWaterMark, maxBufferedAmount } = amounts;
  if (maxBufferedAmount < 2 * highWaterMark) {
    throw invalidOption('maxBufferedAmount', maxBufferedAmount, `at least 2 × highWaterMark, ${String(highWaterMark)}`);
  }

  const { lendPayload = false } = options;
  checkLendPayload(lendPayload);
  const extensionPoints = Object.freeze({ ...checkBag('extensionPoints', options.extensionPoints) });
  checkOptionNames('extensionPoints', extensionPoints, EXTENSION_POINT_NAMES);
  const claims = claimExtensionPoints(extensionPoints);
  const keepAlive = resolveKeepAlive(options.keepAlive);
  const receiveRate = resolveReceiveRate(options.receiveRate);
  const extensions = checkExtensions(options.extensions);
  return Object.freeze({ ...amounts, receiveRate, keepAlive, extensionPoints, claims, extensions, lendPayload });
}

/**
 * Checks the lifetime of one connection.
 *
 * @throws {LocalUsageError} it is not a positive integer, nor `Infinity`
 */
export function checkLifetime(maxLifetime: number | undefined): number | undefined {
  if (maxLifetime === undefined || checkLimit('maxLifetime', maxLifetime) > 0) return maxLifetime;
  throw invalidOption('maxLifetime', 0, 'a positive integer or Infinity');
}

/** The same options with another lifetime, if there is one. */
export function withLifetime(
  options: ResolvedConnectionOptions,
  maxLifetime: number | undefined,
): ResolvedConnectionOptions {
  return maxLifetime === undefined ? options : Object.freeze({ ...options, maxLifetime });
}

function resolveReceiveRate(options: ReceiveRateOptions | undefined): ReceiveRate | undefined {
  if (options === undefined) return undefined;
  checkBag('receiveRate', options);
  checkOptionNames('receiveRate', options, RECEIVE_RATE_NAMES);
  const rate = { messages: Infinity, bytes: Infinity, frames: Infinity, burst: 1000 };
  for (const name of ['messages', 'bytes', 'frames', 'burst'] as const) {
    rate[name] = checkLimit(`receiveRate.${name}`, options[name] ?? rate[name]);
    if (rate[name] === 0) throw invalidOption(`receiveRate.${name}`, 0, 'a positive integer or Infinity');
  }
  const { onExcess = 'wait' } = options;
  if (rate.burst === Infinity) throw invalidOption('receiveRate.burst', Infinity, 'a number of milliseconds');
  if (!['wait', 'refuse'].includes(onExcess))
    throw invalidOption('receiveRate.onExcess', onExcess, "'wait' or 'refuse'");
  const isLimited = Math.min(rate.messages, rate.bytes, rate.frames) !== Infinity;
  return isLimited ? Object.freeze({ ...rate, onExcess }) : undefined;
}

const EXTENSION_METHODS = ['createOffers', 'answerOffer', 'acceptAnswer'] as const;

function checkExtensions(extensions: readonly Extension[] = []): readonly Extension[] {
  if (!isArray(extensions)) throw invalidOption('extensions', extensions, 'an array');
  const names = new Set<string>();
  for (const extension of extensions) {
    const isComplete = EXTENSION_METHODS.every(
      (method) => typeof Reflect.get(Object(extension), method) === 'function',
    );
    if (!isComplete) throw invalidOption('extensions', extension, `objects with ${EXTENSION_METHODS.join(', ')}`);
    const { name } = extension;
    if (typeof name !== 'string' || !TOKEN.test(name)) {
      throw invalidOption('extensions', name, 'extensions whose names are tokens');
    }
    if (names.has(name)) throw invalidOption('extensions', name, 'each extension once');
    names.add(name);
  }
  return Object.freeze([...extensions]);
}

/** RFC 9110 §5.6.2. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

function isArray(value: unknown): boolean {
  return Array.isArray(value);
}

function checkLendPayload(value: unknown): void {
  if (typeof value !== 'boolean' && value !== 'debug') {
    throw invalidOption('lendPayload', value, "true, false or 'debug'");
  }
}

function resolveKeepAlive(options: PartialKeepAlive | false = DEFAULT_KEEP_ALIVE): KeepAliveOptions | false {
  if (options === false) return false;
  checkObject('keepAlive', options);
  checkOptionNames('keepAlive', options, KEEP_ALIVE_NAMES);
  const resolved: { -readonly [Name in keyof KeepAliveOptions]: number } = { ...DEFAULT_KEEP_ALIVE };
  for (const name of ['interval', 'timeout', 'midFrameTimeout'] as const) {
    const time = checkLimit(`keepAlive.${name}`, options[name] ?? resolved[name]);
    if (time === 0) throw invalidOption(`keepAlive.${name}`, 0, 'a positive integer or Infinity');
    resolved[name] = time;
  }
  return Object.freeze(resolved);
}

function checkObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) throw invalidOption(name, value, 'an object or false');
}
