import { invalidOption, omitNames, type KnownNames } from '../protocol/base/checks.ts';
import { ENGINE_OPTION_NAMES, type EngineOptions } from '../engine/engine-options.ts';
import type { ConnectionRequest } from '../protocol/handshake/rules/connection-request.ts';
import type { HeaderFieldsInit } from '../protocol/handshake/rules/header-fields.ts';
import type { Decision } from '../server/handshake-handler.ts';
import { SERVER_OPTION_NAMES, type ServerOptions } from '../server/options.ts';
import { TRANSPORT_OPTION_NAMES, type TransportOptions } from '../transport/options.ts';
import type { CallbackResult, ConnectionCallbacks } from './callbacks.ts';
import type { WebSocketConnection } from './connection.ts';

/** Options of connections, as this façade has them. */
export interface MessageConnectionOptions extends Omit<EngineOptions, 'lendPayload' | 'extensionPoints'> {
  /**
   * Whether messages are received. With `false`, they are read and dropped, as `connection.ignoreMessages()` does: for applications that only send.
   *
   * @defaultValue true; false for callbacks without `message`
   */
  readonly receive?: boolean | undefined;
}

/**
 * Says whether messages are to be received.
 *
 * @throws {LocalUsageError} the option `receive` is no boolean
 */
export function resolveReceive({ receive = true }: MessageConnectionOptions): boolean {
  if (typeof receive !== 'boolean') throw invalidOption('receive', receive, 'true or false');
  return receive;
}

/** What {@link MessageConnectionOptions} are called. */
export const MESSAGE_CONNECTION_OPTION_NAMES: KnownNames<keyof MessageConnectionOptions> = {
  ...omitNames(ENGINE_OPTION_NAMES, ['lendPayload', 'extensionPoints']),
  receive: true,
};

/** What `onConnect` answers to accept a connection: nothing, a subprotocol, or more. */
export type ConnectAnswer =
  | undefined
  | void
  | string
  | {
      /** One of the subprotocols that the client offers. */
      readonly subprotocol?: string | undefined;
      /** Header fields to add to the response. */
      readonly headers?: HeaderFieldsInit | undefined;
      /** What the connection has as `context`. */
      readonly context?: unknown;
      /** Time after which this connection is closed, in place of the option `maxLifetime`: that of its ticket or session, say. */
      readonly maxLifetime?: number | undefined;
    };

/** The type of the `context` that an answer gives to a connection. */
export type ContextOf<Answer> = Answer extends { readonly context?: unknown } ? Answer['context'] : undefined;

/** Options of {@link serve}. */
export interface ServeOptions<Answer extends ConnectAnswer = undefined>
  extends ServerOptions, MessageConnectionOptions, TransportOptions {
  /**
   * A client asks for a connection, with a valid opening handshake. To refuse it, throw a `ConnectionDeny`; anything else that is thrown is answered
   * with 500.
   */
  readonly onConnect?: ((request: ConnectionRequest) => Answer | Promise<Answer>) | undefined;
  /**
   * Learns of what a handler threw, after the connection has failed for it; without a connection, of an error of the listening socket, or of `onConnect`. By
   * default, it becomes a process warning.
   */
  readonly onError?:
    ((error: Error, connection: WebSocketConnection<ContextOf<Answer>> | undefined) => CallbackResult) | undefined;
}

/** What {@link ServeOptions} are called. */
export const SERVE_OPTION_NAMES: KnownNames<keyof ServeOptions> = {
  ...SERVER_OPTION_NAMES,
  ...MESSAGE_CONNECTION_OPTION_NAMES,
  ...TRANSPORT_OPTION_NAMES,
  onConnect: true,
  onError: true,
};

/** What a server does with a connection: a function, when whose promise is fulfilled the connection is closed (1000); or callbacks. */
export type ConnectionHandler<Context> =
  ((connection: WebSocketConnection<Context>) => Promise<void>) | ConnectionCallbacks<Context>;

/** What `onConnect` of a client answers: nothing, or what the connection has as `context`. */
export type ContextAnswer = undefined | void | { readonly context?: unknown };

/** Takes the context out of an answer. */
export function contextOf<Answer extends ContextAnswer>(answer: Answer | undefined): ContextOf<Answer>;
export function contextOf(answer: ContextAnswer): unknown {
  return typeof answer === 'object' ? answer.context : undefined;
}

/** Makes a decision of what `onConnect` answers. */
export function decisionFor<Answer extends ConnectAnswer>(answer: Answer | undefined): Decision<ContextOf<Answer>>;
export function decisionFor(answer: ConnectAnswer): Decision<unknown> {
  if (typeof answer !== 'object') return { subprotocol: answer ?? undefined, context: undefined };
  const { subprotocol, headers, context } = answer;
  return { subprotocol, headers, context };
}
