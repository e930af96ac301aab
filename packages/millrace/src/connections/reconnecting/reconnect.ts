import type { WebSocketConnection } from '../connection.ts';
import { randomFraction } from './backoff.ts';
import { resolveReconnectRules, type ReconnectOptions } from './reconnect-options.ts';
import { Reconnection } from './reconnection.ts';
import type { ContextAnswer, ContextOf } from '../serve-options.ts';
import { wait } from './waiting.ts';

const REALITY = { now: (): number => performance.now(), random: randomFraction, wait };

/**
 * Connects, and connects again when the connection was lost: iterates over connections, one after the other.
 *
 * The iteration ends when a connection has ended as it should:
 *
 * - the body of the loop has come to its end, or was left, while the connection was open: that closes it (1000)
 * - our side has closed it, with a code below 3000
 * - the peer has closed it with 1000
 *
 * It goes on with the next connection when one was lost, and fails with the last cause when there is no use in trying again. What the body throws ends it as
 * ever, `ConnectionClosedError` too: catch it, or use `stayConnected`, which does.
 *
 * Nothing is sent again by itself: what was sent on a connection that was lost may have arrived or not.
 *
 * @param url - as for `connect`
 *
 * @throws {LocalUsageError} the URL is invalid, or an option has a value that it cannot have
 */
export function reconnect<Answer extends ContextAnswer = undefined>(
  url: string | URL,
  options: ReconnectOptions<Answer> = {},
): AsyncIterable<WebSocketConnection<ContextOf<Answer>>> {
  const rules = resolveReconnectRules(url, options);
  return { [Symbol.asyncIterator]: () => new Reconnection({ url, options, rules }, REALITY).run() };
}
