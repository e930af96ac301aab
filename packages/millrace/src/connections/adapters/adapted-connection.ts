import type { Closure } from '../../protocol/base/closure.ts';
import type { MessageKind, Sendable } from '../sending/sendable.ts';

/** A message as an adapter reads it, of Node's connections or a browser's. */
export interface AdaptedMessage extends AsyncIterable<Uint8Array<ArrayBuffer>> {
  readonly type: MessageKind;
  text(): Promise<string>;
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
}

/** What an adapter has of the connection under it. */
export interface AdaptedConnection {
  /** Waits for the next message; `undefined` when the connection has ended cleanly. */
  receive(): Promise<AdaptedMessage | undefined>;
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
export function readWhole(message: AdaptedMessage): Promise<string | Uint8Array<ArrayBuffer>> {
  return message.type === 'text' ? message.text() : message.bytes();
}
