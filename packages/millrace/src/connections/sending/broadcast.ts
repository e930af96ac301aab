import { checkOptions, describeValue, type KnownNames } from '../../protocol/base/checks.ts';
import { CloseCode } from '../../protocol/base/close-code.ts';
import { LocalUsageError } from '../../protocol/base/errors.ts';
import type { PreparedMessage } from '../../protocol/send/prepared-message.ts';
import { WebSocketConnection } from '../connection.ts';
import { DONE, attempt, handled } from '../../engine/deferred.ts';
import { toPrepared } from './prepare-message.ts';
import type { Chunk, MessageKind } from './sendable.ts';

/** How {@link broadcast} sends. */
export interface BroadcastOptions {
  /**
   * Whether the message is text or binary.
   *
   * @defaultValue strings are text, bytes are binary
   */
  readonly type?: MessageKind | undefined;
  /**
   * Whether the message is compressed, where the peer has agreed to it.
   *
   * @defaultValue from `threshold` on
   */
  readonly compress?: boolean | undefined;
  /**
   * What to do with connections that have more than `highWaterMark` bytes on their way:
   *
   * - `'wait'`: send to them too; whoever waits for the broadcast is as slow as the slowest. One for which more than `maxBufferedAmount` bytes would wait fails (1008)
   * - `'skip'`: leave them out, until all that is on its way to them has left
   * - `'close'`: close them (1013, try again later), so that they come back and begin anew
   *
   * @defaultValue 'wait'
   */
  readonly onSlow?: 'wait' | 'skip' | 'close' | undefined;
}

const OPTION_NAMES: KnownNames<keyof BroadcastOptions> = { type: true, onSlow: true, compress: true };

/** What became of a broadcast, in connections. Those that were not open any more are not counted. */
export interface BroadcastResult {
  /** It was sent to so many. */
  readonly sent: number;
  /** So many were left out. */
  readonly skipped: number;
  /** So many were closed, or failed above `maxBufferedAmount`. */
  readonly closed: number;
}

/**
 * Sends one message to many connections. It is framed once for all of them, and takes its place behind what each has been asked to send before, a message that is
 * just being written too.
 *
 * @param connections - any of them, such as `server.connections`; those that are not open any more are passed over
 * @param message - text, or bytes in any view, which are copied once for all connections; or what `prepareMessage` has made of them
 *
 * @returns with `onSlow: 'wait'`, when each connection has no more than `highWaterMark` bytes on its way, or has ended; otherwise when it has been handed to all
 *
 * @throws {LocalUsageError} the message is nothing that can be sent, or bytes to be sent as text are not UTF-8; or an option has a value that it cannot have
 */
export function broadcast(
  connections: Iterable<WebSocketConnection>,
  message: Chunk | PreparedMessage,
  options: BroadcastOptions = {},
): Promise<BroadcastResult> {
  return attempt(() => {
    checkOptions('broadcast', options, OPTION_NAMES);
    const { onSlow = 'wait' } = options;
    checkOnSlow(onSlow);
    const prepared = toPrepared(message, options);
    const broadcasting = new Broadcasting(prepared, onSlow);
    for (const connection of connections) broadcasting.sendTo(connection);
    return handled(broadcasting.finish());
  });
}

type OnSlow = NonNullable<BroadcastOptions['onSlow']>;

/** One message on its way to many. */
class Broadcasting {
  readonly #message: PreparedMessage;
  readonly #onSlow: OnSlow;
  #sent = 0;
  #skipped = 0;
  #closed = 0;
  #waiting: Promise<void>[] = [];

  constructor(message: PreparedMessage, onSlow: OnSlow) {
    this.#message = message;
    this.#onSlow = onSlow;
  }

  sendTo(connection: WebSocketConnection): void {
    if (connection.state !== 'open') return;
    if (this.#onSlow !== 'wait' && connection.isSlow) this.#leaveOut(connection);
    else this.#send(connection);
  }

  async finish(): Promise<BroadcastResult> {
    // One that has ended meanwhile holds up nobody.
    await Promise.allSettled(this.#waiting);
    return { sent: this.#sent, skipped: this.#skipped, closed: this.#closed };
  }

  #leaveOut(connection: WebSocketConnection): void {
    if (this.#onSlow === 'skip') {
      this.#skipped++;
      return;
    }
    this.#closed++;
    void connection.close(CloseCode.TRY_AGAIN_LATER, 'too slow for what is sent to all');
  }

  #send(connection: WebSocketConnection): void {
    const sent = WebSocketConnection.engineOf(connection).sendPrepared(this.#message);
    if (connection.state !== 'open') {
      this.#closed++;
      return;
    }
    this.#sent++;
    if (this.#onSlow === 'wait' && sent !== DONE) this.#waiting.push(sent);
  }
}

function checkOnSlow(value: unknown): void {
  if (value === 'wait' || value === 'skip' || value === 'close') return;
  throw new LocalUsageError(`option onSlow is ${describeValue(value)}, expected 'wait', 'skip' or 'close'`);
}
