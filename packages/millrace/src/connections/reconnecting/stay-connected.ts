import { invalidArgument } from '../../protocol/base/checks.ts';
import type { WebSocketConnection } from '../connection.ts';
import { NODE_PORT } from './node-port.ts';
import { reconnect, type ReconnectHandle } from './reconnect.ts';
import { StayingClient, createEndedControl, dealWithEach } from './staying-client.ts';
import type { ReconnectOptions } from './reconnect-options.ts';
import type { ContextAnswer, ContextOf } from '../serve-options.ts';

/** Deals with a connection; when its promise is fulfilled, the connection is closed (1000). */
type StayingHandler<Answer extends ContextAnswer> = (
  connection: WebSocketConnection<ContextOf<Answer>>,
) => Promise<void>;

/**
 * Connects, has `handler` deal with the connection, and does both again when the connection was lost: {@link reconnect} for a handler like that of a server.
 *
 * A `ConnectionClosedError` that the handler throws because its connection has ended is no error.
 *
 * @param url - as for `connect`
 * @param handler - an async function, when whose promise is fulfilled the connection is closed (1000)
 *
 * @returns a promise, and a handle: state, attempts, messages that wait. The promise is fulfilled when a connection has ended as it should: the handler was done
 *   with it, or one side has closed it. Otherwise it fails: with what else the handler has thrown, which closes the connection (1011), or with the last cause,
 *   when there is no use in trying again; with a `LocalUsageError`, if the URL is invalid, or an option has a value that it cannot have
 */
export function stayConnected<Answer extends ContextAnswer = undefined>(
  url: string | URL,
  options: ReconnectOptions<Answer>,
  handler: StayingHandler<Answer>,
): StayingConnected<ContextOf<Answer>>;
/** Does the same without options. */
export function stayConnected(url: string | URL, handler: StayingHandler<undefined>): StayingConnected;
export function stayConnected<Answer extends ContextAnswer = undefined>(
  url: string | URL,
  ...rest: [options: ReconnectOptions<Answer>, handler: StayingHandler<Answer>] | [handler: StayingHandler<Answer>]
): StayingConnected<ContextOf<Answer>> {
  let handle: ReconnectHandle<ContextOf<Answer>> | undefined;
  const run = async (): Promise<undefined> => {
    const [options, handler] = rest.length === 1 ? [{}, rest[0]] : rest;
    if (typeof handler !== 'function') throw invalidArgument('handler', handler, 'a function');
    const connections = reconnect<Answer>(url, options);
    handle = connections;
    await dealWithEach(connections, handler, NODE_PORT);
  };
  const ended = run();
  return new StayingClient(handle ?? createEndedControl<WebSocketConnection<ContextOf<Answer>>>(NODE_PORT), ended);
}

/** A client that stays connected: a promise of its end, and a handle. */
export type StayingConnected<Context = unknown> = StayingClient<WebSocketConnection<Context>>;
