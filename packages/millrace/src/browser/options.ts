import { checkFunction, checkLimit, checkSwitch, toList, type KnownNames } from '../protocol/base/checks.ts';
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

/** Options of `connect` that count, and those that the browser looks after by itself. */
const ACCEPTED =
  'subprotocols handshakeTimeout closeTimeout maxMessageSize highWaterMark maxBufferedAmount receive signal onConnect ' +
  'maxFrameSize maxHeaderSize maxHeaderCount maxRedirects family autoSelectFamilyAttemptTimeout keepAlive readAhead ' +
  'fragmentSize compression sharedReadBuffer';

/** Those that Node has, and nobody looks after here. */
const UNAVAILABLE =
  'headers origin tls socketPath localAddress localPort lookup createConnection proxy proxyTls agent onUnauthorized ' +
  'maxStreamedMessageSize receiveRate minReceiveRate maxLifetime idleTimeout extensions';

const REFUSED: readonly string[] = UNAVAILABLE.split(' ');

/** What all of them are called: the options of Node. */
export const OPTION_NAMES: KnownNames = Object.fromEntries(
  [...ACCEPTED.split(' '), ...REFUSED].map((name) => [name, true] as const),
);

const MIB = 1024 * 1024;

/**
 * Fills in the defaults of {@link BrowserConnectOptions} and checks the values.
 *
 * @throws {LocalUsageError} naming the option: its value, or that a browser cannot have it
 */
export function resolveOptions(options: BrowserConnectOptions<unknown>): ResolvedBrowserOptions {
  const refused = REFUSED.find((name) => Reflect.get(options, name) !== undefined);
  if (refused !== undefined) {
    throw unavailable(`option ${refused}`, 'it decides about that itself, or does not tell');
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
