import { CloseCode } from '../../protocol/base/close-code.ts';
import { ConnectionClosedError } from '../../protocol/base/errors.ts';
import type { WebSocketConnection } from '../connection.ts';
import { reconnect } from './reconnect.ts';
import type { ReconnectOptions } from './reconnect-options.ts';
import type { ContextAnswer, ContextOf } from '../serve-options.ts';

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
export async function stayConnected<Answer extends ContextAnswer = undefined>(
  url: string | URL,
  options: ReconnectOptions<Answer>,
  handler: (connection: WebSocketConnection<ContextOf<Answer>>) => Promise<void>,
): Promise<void> {
  for await (const connection of reconnect<Answer>(url, options)) {
    try {
      await handler(connection);
    } catch (error) {
      if (await isEndOf(connection, error)) continue;
      void connection.close(CloseCode.INTERNAL_ERROR);
      throw error;
    }
  }
}

/** Whether an error says that this connection has ended; another one may have, too. */
async function isEndOf(connection: WebSocketConnection, error: unknown): Promise<boolean> {
  if (!(error instanceof ConnectionClosedError) || connection.state !== 'closed') return false;
  return error.closure === (await connection.closed);
}
