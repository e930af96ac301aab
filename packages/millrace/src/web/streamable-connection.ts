import type { Closure } from '../protocol/base/closure.ts';

/** A message that came whole, or is still coming. */
export interface StreamableMessage {
  readonly type: 'text' | 'binary';
  /** Its text, when all of it is there. */
  text(): Promise<string>;
  /** Its bytes, when all of them are there. */
  bytes(): Promise<Uint8Array>;
}

/** What {@link webSocketStreamOf} asks of a connection: what one of `serve` and `connect` has. */
export interface StreamableConnection {
  /** The subprotocol that was agreed on. */
  readonly subprotocol: string | undefined;
  /** The extensions that were agreed on, as a header; empty for none. */
  readonly extensions: string;
  /** Sends a message; resolves when more may be sent, and rejects if the connection is over before that. */
  send(data: string | Uint8Array): Promise<void>;
  /** The next message; `undefined` when there are no more. */
  receive(): Promise<StreamableMessage | undefined>;
  /** Closes the connection after all that was sent; a second call does nothing. */
  close(code?: number, reason?: string): Promise<Closure>;
  /** How the connection ended; never rejects. */
  readonly closed: Promise<Closure>;
}
