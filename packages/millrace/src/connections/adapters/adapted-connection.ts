import type { Closure } from '../../protocol/base/closure.ts';
import type { ReceivedMessage } from '../receiving/received-message.ts';
import type { MessageKind, Sendable } from '../sending/sendable.ts';

/** What an adapter has of the connection under it. */
export interface AdaptedConnection {
  /** Waits for the next message; `undefined` when the connection has ended cleanly. */
  receive(): Promise<ReceivedMessage | undefined>;
  /** Sends a message, and waits until more may be sent. */
  send(data: Sendable, options: { readonly type: MessageKind | undefined }): Promise<void>;
  /** Closes it, and waits for its end. */
  close(code: number): Promise<Closure>;
  /** Fails it for an error of ours (1011). */
  fail(error: Error): void;
  /** How it ended, when it has. */
  readonly closed: Promise<Closure>;
}

/** Reads a message whole, as its type says: text as a string, all else as bytes. */
export function readWhole(message: ReceivedMessage): Promise<string | Uint8Array<ArrayBuffer>> {
  return message.type === 'text' ? message.text() : message.bytes();
}
