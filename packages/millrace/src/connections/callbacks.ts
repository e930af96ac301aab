import { checkCallbackNames, type KnownNames } from '../protocol/base/checks.ts';
import type { Closure } from '../protocol/base/closure.ts';
import type { WebSocketConnection } from './connection.ts';

/**
 * What to call for the connections of a server, in place of a function that iterates. All may return a promise, for which receiving waits; what they
 * throw fails the connection (1011).
 */
export interface ConnectionCallbacks<Context = unknown> {
  /** A connection is open. */
  readonly open?: ((connection: WebSocketConnection<Context>) => CallbackResult) | undefined;
  /** A message has come, of at most `maxMessageSize` bytes: a string if it is text, otherwise bytes that are yours for good. */
  readonly message?:
    ((connection: WebSocketConnection<Context>, data: string | Uint8Array<ArrayBuffer>) => CallbackResult) | undefined;
  /** All that was sent has left, after more than `highWaterMark` bytes were on their way. */
  readonly drain?: ((connection: WebSocketConnection<Context>) => CallbackResult) | undefined;
  /** A connection is over; called once for each that was open. */
  readonly close?: ((connection: WebSocketConnection<Context>, closure: Closure) => CallbackResult) | undefined;
  /** One of the others has thrown, and the connection has failed for it. Without it, the option `onError` is called. */
  readonly error?: ((connection: WebSocketConnection<Context>, error: Error) => CallbackResult) | undefined;
}

/** What a callback returns: nothing, or a promise of it. */
export type CallbackResult = Promise<void> | void;

const NAMES: KnownNames<keyof ConnectionCallbacks> = {
  open: true,
  message: true,
  drain: true,
  close: true,
  error: true,
};

/**
 * Checks the callbacks of a server.
 *
 * @throws {LocalUsageError} one of them is no function, or nobody knows it
 */
export function checkCallbacks(callbacks: object): void {
  checkCallbackNames('the handler', callbacks, NAMES);
}
