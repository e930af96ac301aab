import { CloseCode } from '../../protocol/base/close-code.ts';
import { invalidArgument } from '../../protocol/base/checks.ts';
import { WebSocketConnection } from '../connection.ts';
import { reconnect } from './reconnect.ts';
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
 * @returns when a connection has ended as it should: the handler was done with it, or one side has closed it. Otherwise it fails: with what else the
 *   handler has thrown, which closes the connection (1011), or with the last cause, when there is no use in trying again
 *
 * @throws {LocalUsageError} the URL is invalid, or an option has a value that it cannot have
 */
export function stayConnected<Answer extends ContextAnswer = undefined>(
  url: string | URL,
  options: ReconnectOptions<Answer>,
  handler: StayingHandler<Answer>,
): Promise<void>;
/** Does the same without options. */
export function stayConnected(url: string | URL, handler: StayingHandler<undefined>): Promise<void>;
export async function stayConnected<Answer extends ContextAnswer = undefined>(
  url: string | URL,
  ...rest: [options: ReconnectOptions<Answer>, handler: StayingHandler<Answer>] | [handler: StayingHandler<Answer>]
): Promise<void> {
  const [options, handler] = rest.length === 1 ? [{}, rest[0]] : rest;
  if (typeof handler !== 'function') throw invalidArgument('handler', handler, 'a function');
  for await (const connection of reconnect<Answer>(url, options)) {
    try {
      await handler(connection);
    } catch (error) {
      // Another one may have ended, too.
      if (WebSocketConnection.engineOf(connection).isEndOf(error)) continue;
      void connection.close(CloseCode.INTERNAL_ERROR);
      throw error;
    }
  }
}
