import type { ConnectionPort } from '../connections/reconnecting/connection-port.ts';
import { ReconnectControl, type ReconnectHandleOf } from '../connections/reconnecting/reconnect-control.ts';
import { Reconnection, type ReconnectionPlan, type Surroundings } from '../connections/reconnecting/reconnection.ts';
import {
  RETRY_OPTION_NAMES,
  resolveRetryOptions,
  type RetryOptions,
} from '../connections/reconnecting/retry-options.ts';
import { StayingClient, createEndedControl, dealWithEach } from '../connections/reconnecting/staying-client.ts';
import { wait } from '../connections/reconnecting/waiting.ts';
import { checkOptions, invalidArgument, type KnownNames } from '../protocol/base/checks.ts';
import { CloseCode } from '../protocol/base/close-code.ts';
import { LocalUsageError } from '../protocol/base/errors.ts';
import { MessageType } from '../protocol/base/opcode.ts';
import { connectUnchecked } from './connect.ts';
import { BrowserConnection } from './connection.ts';
import { resolveUrl } from './links/open-link.ts';
import { OPTION_NAMES, resolveOptions, type BrowserConnectOptions } from './options.ts';
import { encode, toPayload } from './payload.ts';
import { unavailable } from './unavailable.ts';

/** Options of `reconnect` and `stayConnected` in a browser. */
export interface BrowserReconnectOptions<Context = undefined>
  extends Omit<BrowserConnectOptions<Context>, 'signal'>, RetryOptions {}

/** Connections, one after the other, to iterate over once; and what can be asked of them as a whole. */
export interface BrowserReconnecting<Context = undefined>
  extends
    ReconnectHandleOf<BrowserConnection<Context | undefined>>,
    AsyncIterable<BrowserConnection<Context | undefined>> {}

/** A client that stays connected: a promise of its end, and a handle. */
export type BrowserStaying<Context = undefined> = StayingClient<BrowserConnection<Context | undefined>>;

const OPTIONS: KnownNames = { ...OPTION_NAMES, ...RETRY_OPTION_NAMES };

const RANDOM_VALUES = 2 ** 32;

const REALITY: Surroundings = {
  now: () => performance.now(),
  random: () => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / RANDOM_VALUES,
  wait,
};

const PORT: ConnectionPort<BrowserConnection> = {
  canSend: (connection) => connection.state === 'open',
  send: (connection, { payload, opcode }) =>
    connection.send(payload, { type: opcode === MessageType.TEXT ? 'text' : 'binary' }),
  farewellOf: (connection) => BrowserConnection.farewellOf(connection),
  isEndOf: (connection, error) => BrowserConnection.isEndOf(connection, error),
  fail: (connection) => BrowserConnection.fail(connection, CloseCode.INTERNAL_ERROR, undefined),
  leave: (connection) => void connection.close(),
  toMessage: (data, type) => {
    const payload = toPayload(data, type);
    return { payload, opcode: typeof payload === 'string' ? MessageType.TEXT : MessageType.BINARY };
  },
  encode,
  later: (action) => void setTimeout(action),
};

/**
 * Connects, and connects again when the connection was lost: iterates over connections, one after the other. It behaves as in Node; a message cannot be
 * confirmed (`confirm`), as browsers send no pings.
 *
 * @throws {LocalUsageError} the URL is invalid, or a browser cannot do what an option asks for
 */
export function reconnect<Context = undefined>(
  url: string | URL,
  options: BrowserReconnectOptions<Context> = {},
): BrowserReconnecting<Context> {
  checkOptions('reconnect', options, OPTIONS);
  resolveUrl(url);
  resolveOptions(options);
  refuseHeaders(options);
  return new IteratedLinks(url, options);
}

/**
 * Connects, has `handler` deal with the connection, and does both again when the connection was lost; see `stayConnected` of Node.
 *
 * @returns a promise, and a handle: state, attempts, messages that wait
 */
export function stayConnected<Context = undefined>(
  url: string | URL,
  ...rest:
    [options: BrowserReconnectOptions<Context>, handler: StayingHandler<Context>] | [handler: StayingHandler<Context>]
): BrowserStaying<Context> {
  let handle: ReconnectHandleOf<BrowserConnection<Context | undefined>> | undefined;
  const run = async (): Promise<undefined> => {
    const [options, handler] = rest.length === 1 ? [{}, rest[0]] : rest;
    if (typeof handler !== 'function') throw invalidArgument('handler', handler, 'a function');
    const connections = reconnect<Context>(url, options);
    handle = connections;
    await dealWithEach(connections, handler, PORT);
  };
  const ended = run();
  return new StayingClient(handle ?? createEndedControl<BrowserConnection<Context | undefined>>(PORT), ended);
}

/** Deals with a connection; when its promise is fulfilled, the connection is closed (1000). */
type StayingHandler<Context> = (connection: BrowserConnection<Context | undefined>) => Promise<void>;

class IteratedLinks<Context>
  extends ReconnectControl<BrowserConnection<Context | undefined>>
  implements BrowserReconnecting<Context>
{
  readonly #plan: ReconnectionPlan<BrowserConnection<Context | undefined>>;
  #hasBegun = false;

  constructor(url: string | URL, options: BrowserReconnectOptions<Context>) {
    const rules = resolveRetryOptions(options);
    super(rules.queue, PORT);
    this.#plan = {
      url,
      options,
      rules,
      connect: (place, { headers, signal }) => {
        refuseHeaders({ headers });
        return connectUnchecked<Context>(place, { ...options, signal });
      },
      port: PORT,
      control: this,
    };
  }

  [Symbol.asyncIterator](): AsyncGenerator<BrowserConnection<Context | undefined>, undefined> {
    if (this.#hasBegun) throw new LocalUsageError('the connections of reconnect were iterated over before');
    this.#hasBegun = true;
    return new Reconnection(this.#plan, REALITY).run();
  }
}

function refuseHeaders(options: object): void {
  if (Reflect.get(options, 'headers') === undefined) return;
  throw unavailable('option headers', 'put a token into the URL, into a cookie or into the first message');
}
