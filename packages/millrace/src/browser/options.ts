import { checkFunction, checkLimit, checkSwitch, toList, type KnownNames } from '../protocol/base/checks.ts';
import type { ConnectOptions } from '../connections/connect.ts';
import { unavailable } from './unavailable.ts';

/** What a server has answered, as far as browsers tell. */
export interface BrowserResponse {
  readonly subprotocol: string | undefined;
}

/** Options of `connect` in a browser. Those of Node that a browser looks after by itself may be given, too. */
export interface BrowserConnectOptions<Context = undefined> {
  /** Subprotocols to offer, the preferred one first. */
  readonly subprotocols?: readonly string[] | undefined;
  /**
   * Time for the opening handshake, in milliseconds.
   *
   * @defaultValue 10_000
   */
  readonly handshakeTimeout?: number | undefined;
  /**
   * Time for the closing handshake, in milliseconds.
   *
   * @defaultValue 10_000
   */
  readonly closeTimeout?: number | undefined;
  /**
   * Longest message that can be read whole, in bytes.
   *
   * @defaultValue 16_777_216 (16 MiB)
   */
  readonly maxMessageSize?: number | undefined;
  /**
   * Bytes on their way above which `send` waits.
   *
   * @defaultValue 65_536 (64 KiB)
   */
  readonly highWaterMark?: number | undefined;
  /**
   * Bytes that may wait to be sent, above `highWaterMark`, and of a message that is written piece by piece.
   *
   * @defaultValue 16_777_216 (16 MiB)
   */
  readonly maxBufferedAmount?: number | undefined;
  /**
   * Whether messages are received; with `false`, they are dropped.
   *
   * @defaultValue true
   */
  readonly receive?: boolean | undefined;
  /** Ends the attempt; the connection fails with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** The server has accepted. What is thrown here closes the connection. */
  readonly onConnect?:
    ((response: BrowserResponse) => BrowserAnswer<Context> | Promise<BrowserAnswer<Context>>) | undefined;
}

/** What `onConnect` answers: nothing, or the connection's `context`. */
export type BrowserAnswer<Context> = { readonly context: Context } | undefined;

/** {@link BrowserConnectOptions} with every default filled in and every value checked. */
export interface ResolvedBrowserOptions {
  readonly subprotocols: readonly string[];
  readonly handshakeTimeout: number;
  readonly closeTimeout: number;
  readonly maxMessageSize: number;
  readonly highWaterMark: number;
  readonly maxBufferedAmount: number;
  readonly receive: boolean;
}

/** Each option of `connect` in Node: whether it counts here, or the browser looks after what it is about, or nobody does. */
const FATES: Readonly<Record<keyof ConnectOptions, 'counts' | 'browser' | 'unavailable'>> = {
  subprotocols: 'counts',
  handshakeTimeout: 'counts',
  closeTimeout: 'counts',
  maxMessageSize: 'counts',
  highWaterMark: 'counts',
  maxBufferedAmount: 'counts',
  receive: 'counts',
  signal: 'counts',
  onConnect: 'counts',
  maxFrameSize: 'browser',
  maxHeaderSize: 'browser',
  maxHeaderCount: 'browser',
  maxRedirects: 'browser',
  family: 'browser',
  autoSelectFamilyAttemptTimeout: 'browser',
  keepAlive: 'browser',
  readAhead: 'browser',
  fragmentSize: 'browser',
  compression: 'browser',
  sharedReadBuffer: 'browser',
  headers: 'unavailable',
  origin: 'unavailable',
  tls: 'unavailable',
  socketPath: 'unavailable',
  localAddress: 'unavailable',
  localPort: 'unavailable',
  lookup: 'unavailable',
  createConnection: 'unavailable',
  proxy: 'unavailable',
  proxyTls: 'unavailable',
  agent: 'unavailable',
  onUnauthorized: 'unavailable',
  maxStreamedMessageSize: 'unavailable',
  receiveRate: 'unavailable',
  minReceiveRate: 'unavailable',
  maxLifetime: 'unavailable',
  idleTimeout: 'unavailable',
  extensions: 'unavailable',
};

/** What options of Node are called, too. */
export const OPTION_NAMES: KnownNames<keyof ConnectOptions> = namesOf(FATES);

const MIB = 1024 * 1024;

/**
 * Fills in the defaults of {@link BrowserConnectOptions} and checks the values.
 *
 * @throws {LocalUsageError} naming the option: its value, or that a browser cannot have it
 */
export function resolveOptions(options: BrowserConnectOptions<unknown>): ResolvedBrowserOptions {
  for (const [name, fate] of Object.entries(FATES)) {
    if (fate !== 'unavailable' || Reflect.get(options, name) === undefined) continue;
    throw unavailable(`option ${name}`, 'it decides about that itself, or does not tell');
  }
  const { subprotocols = [], handshakeTimeout = 10_000, closeTimeout = 10_000 } = options;
  const { maxMessageSize = 16 * MIB, highWaterMark = MIB / 16, maxBufferedAmount = 16 * MIB, receive = true } = options;
  checkFunction('onConnect', options.onConnect);
  return {
    subprotocols: toList('subprotocols', subprotocols).map(String),
    handshakeTimeout: checkLimit('handshakeTimeout', handshakeTimeout),
    closeTimeout: checkLimit('closeTimeout', closeTimeout),
    maxMessageSize: checkLimit('maxMessageSize', maxMessageSize),
    highWaterMark: checkLimit('highWaterMark', highWaterMark),
    maxBufferedAmount: checkLimit('maxBufferedAmount', maxBufferedAmount),
    receive: checkSwitch('receive', receive),
  };
}

function namesOf<Name extends string>(table: Readonly<Record<Name, unknown>>): KnownNames<Name>;
function namesOf(table: object): KnownNames {
  return Object.fromEntries(Object.keys(table).map((name) => [name, true] as const));
}
