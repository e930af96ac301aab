import { Duplex } from 'node:stream';

import { checkOptions, describeValue, invalidOption, type KnownNames } from '../protocol/base/checks.ts';
import { LocalUsageError } from '../protocol/base/errors.ts';
import { resolveEngineOptions } from '../engine/engine-options.ts';
import type { WebSocketConnection } from './connection.ts';
import { NO_EVENTS, openFor } from './open.ts';
import { MESSAGE_CONNECTION_OPTION_NAMES, resolveReceive, type MessageConnectionOptions } from './serve-options.ts';
import { agreeBefore, writeAgreed } from '../engine/agreed-extensions.ts';
import { AsyncContext } from '../engine/async-context.ts';

/** Options of {@link wrap}. */
export interface WrapOptions<Context = undefined> extends MessageConnectionOptions {
  /**
   * What came right behind the opening handshake, and was read with it.
   *
   * @defaultValue nothing
   */
  readonly head?: Uint8Array | undefined;
  /** The subprotocol that was agreed on. */
  readonly subprotocol?: string | undefined;
  /**
   * What was agreed on in the opening handshake: the header `Sec-WebSocket-Extensions` of the response. All of it must be known by the options `compression` and
   * `extensions`.
   *
   * @defaultValue none
   */
  readonly agreedExtensions?: string | undefined;
  /**
   * Address of the other end, to be had as `connection.peer`.
   *
   * @defaultValue empty
   */
  readonly peer?: string | undefined;
  /** What the connection has as `context`. */
  readonly context?: Context | undefined;
}

const WRAP_OPTION_NAMES: KnownNames<keyof WrapOptions> = {
  ...MESSAGE_CONNECTION_OPTION_NAMES,
  head: true,
  subprotocol: true,
  agreedExtensions: true,
  peer: true,
  context: true,
};

/**
 * Makes a connection of a stream of bytes over which somebody else has done the opening handshake, or which needs none: a stream of HTTP/2 (RFC 8441), what
 * another framework has upgraded, a tunnel, an end of a pair in memory.
 *
 * The stream belongs to the connection from now on. It receives at once, up to `readAhead` ahead of whoever asks.
 *
 * @param duplex - a stream of bytes, of which nothing may have been read but `head`
 * @param role - which side this is: frames of a client are masked
 *
 * @throws {LocalUsageError} it is no stream of bytes, or an option has a value that it cannot have
 */
export function wrap<Context = undefined>(
  duplex: Duplex,
  role: 'client' | 'server',
  options: WrapOptions<Context> = {},
): WebSocketConnection<Context | undefined> {
  checkOptions('wrap', options, WRAP_OPTION_NAMES);
  const { head = new Uint8Array(0), subprotocol, peer = '', context, agreedExtensions } = options;
  if (!(duplex instanceof Duplex)) throw new LocalUsageError(`duplex is ${describeValue(duplex)}, expected a Duplex`);
  if (duplex.readableObjectMode || duplex.writableObjectMode) {
    throw new LocalUsageError('duplex is a stream of objects, expected one of bytes');
  }
  checkRole(role);
  const resolved = resolveEngineOptions(options);
  const agreed = agreeBefore(role, agreedExtensions, resolved);
  const made = {
    role,
    socket: duplex,
    options: resolved,
    peer,
    subprotocol,
    extensions: writeAgreed(agreed),
    agreed,
    onreadPlaces: undefined,
    context: new AsyncContext(),
  };
  const receives = resolveReceive(options);
  const opened = openFor<Context | undefined>({ made, context, events: NO_EVENTS, receives }, undefined);
  // What is read of it may be changed in place, and it is not ours.
  opened.start(new Uint8Array(head));
  return opened.connection;
}

function checkRole(role: unknown): void {
  if (role !== 'client' && role !== 'server') throw invalidOption('role', role, "'client' or 'server'");
}
