import { LocalUsageError } from '../../protocol/base/errors.ts';
import { connectUnchecked } from '../connect.ts';
import type { WebSocketConnection } from '../connection.ts';
import { NODE_PORT, randomFraction } from './node-port.ts';
import { ReconnectControl, type ReconnectHandleOf } from './reconnect-control.ts';
import { resolveReconnectRules, type ReconnectOptions } from './reconnect-options.ts';
import type { ReconnectRules } from './retry-options.ts';
import { Reconnection, type ReconnectionPlan, type Surroundings } from './reconnection.ts';
import type { ContextAnswer, ContextOf } from '../serve-options.ts';
import { wait } from './waiting.ts';

const REALITY: Surroundings = { now: () => performance.now(), random: randomFraction, wait };

/** What can be asked of a client that connects again, and told to it. */
export type ReconnectHandle<Context = unknown> = ReconnectHandleOf<WebSocketConnection<Context>>;

/** Connections, one after the other, to iterate over once; and what can be asked of them as a whole. */
export interface ReconnectingConnections<Context = unknown>
  extends ReconnectHandle<Context>, AsyncIterable<WebSocketConnection<Context>> {}

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
 * Nothing is sent again by itself: what was sent on a connection that was lost may have arrived or not. What is sent with the method `send` of what this returns
 * can wait for the next connection.
 *
 * @param url - as for `connect`
 *
 * @returns what can be iterated over once: a second time throws a `LocalUsageError`
 *
 * @throws {LocalUsageError} the URL is invalid, or an option has a value that it cannot have
 */
export function reconnect<Answer extends ContextAnswer = undefined>(
  url: string | URL,
  options: ReconnectOptions<Answer> = {},
): ReconnectingConnections<ContextOf<Answer>> {
  const rules = resolveReconnectRules(url, options);
  return new IteratedConnections<Answer>(url, options, rules, REALITY);
}

/** The connections of a {@link Reconnection}, with its control. */
export class IteratedConnections<Answer extends ContextAnswer>
  extends ReconnectControl<WebSocketConnection<ContextOf<Answer>>>
  implements ReconnectingConnections<ContextOf<Answer>>
{
  readonly #run: () => AsyncGenerator<WebSocketConnection<ContextOf<Answer>>, undefined>;
  #hasBegun = false;

  constructor(url: string | URL, options: ReconnectOptions<Answer>, rules: ReconnectRules, surroundings: Surroundings) {
    super(rules.queue, NODE_PORT);
    const plan: ReconnectionPlan<WebSocketConnection<ContextOf<Answer>>> = {
      url,
      options,
      rules,
      connect: (place, attempt) => connectUnchecked<Answer>(place, { ...options, ...attempt }),
      port: NODE_PORT,
      control: this,
    };
    this.#run = () => new Reconnection(plan, surroundings).run();
  }

  [Symbol.asyncIterator](): AsyncGenerator<WebSocketConnection<ContextOf<Answer>>, undefined> {
    if (this.#hasBegun) throw new LocalUsageError('the connections of reconnect were iterated over before');
    this.#hasBegun = true;
    return this.#run();
  }
}
