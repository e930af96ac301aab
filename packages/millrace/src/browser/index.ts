// What 'millrace' is in a browser. Names that only servers have exist, and throw when they are used.
import { standIn, standInClass } from './unavailable.ts';

export { CloseCode } from '../protocol/base/close-code.ts';
export type { CloseBody, Closure } from '../protocol/base/closure.ts';
export {
  ConnectionClosedError,
  HandshakeError,
  InvalidPayloadError,
  LimitExceededError,
  LocalUsageError,
  MillraceError,
  RemoteProtocolError,
  TransportError,
} from '../protocol/base/errors.ts';
export { MAX_FRAME_LENGTH } from '../protocol/base/length.ts';
export { MessageType, Opcode } from '../protocol/base/opcode.ts';
export type { BackoffOptions } from '../connections/reconnecting/backoff.ts';
export type { QueueOptions } from '../connections/reconnecting/queue-options.ts';
export type {
  DeliveryOptions,
  ReconnectHandleOf,
  ReconnectState,
} from '../connections/reconnecting/reconnect-control.ts';
export type { AttemptChanges, ConnectionAttempt, RetryOptions } from '../connections/reconnecting/retry-options.ts';
export { UndeliveredMessageError, type MessageFate } from '../connections/reconnecting/undelivered-message-error.ts';
export type { BlobLike, Chunk, MessageKind, ReadableStreamLike, Sendable } from '../connections/sending/sendable.ts';
export type { BrowserConnection as WebSocketConnection } from './connection.ts';
export { connect, type BrowserCallbacks as ConnectionCallbacks } from './connect.ts';
export type { BrowserMessage as ReceivedMessage } from './message.ts';
export type { BrowserConnectOptions as ConnectOptions, BrowserResponse as ConnectionResponse } from './options.ts';
export {
  reconnect,
  stayConnected,
  type BrowserReconnectOptions as ReconnectOptions,
  type BrowserReconnecting as ReconnectingConnections,
  type BrowserStaying as StayingConnected,
} from './reconnect.ts';
export type { BrowserMessageWriter as MessageWriter } from './writer.ts';

/** As in Node, where the protocol classes have it. */
export const ReadyState = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 } as const;

type Missing = () => never;
type MissingClass = new () => object;

/** Needs Node: throws when it is called. */
export const broadcast: Missing = standIn('broadcast');
/** Needs Node: throws when it is called. */
export const connectWS: Missing = standIn('connectWS');
/** Needs Node: throws when it is called. */
export const createPermessageDeflate: Missing = standIn('createPermessageDeflate');
/** Needs Node: throws when it is called. */
export const listenWS: Missing = standIn('listenWS');
/** Needs Node: throws when it is called. */
export const prepareMessage: Missing = standIn('prepareMessage');
/** Needs Node: throws when it is called. */
export const serve: Missing = standIn('serve');
/** Needs Node: throws when it is called. */
export const subscribeDiagnostics: Missing = standIn('subscribeDiagnostics');
/** Needs Node: throws when it is called. */
export const upgrade: Missing = standIn('upgrade');
/** Needs Node: throws when it is called. */
export const wrap: Missing = standIn('wrap');
/** Needs Node: throws when an instance is made. */
export const ConnectionDeny: MissingClass = standInClass('ConnectionDeny');
/** Needs Node: throws when an instance is made. */
export const WebSocketClientFactory: MissingClass = standInClass('WebSocketClientFactory');
/** Needs Node: throws when an instance is made. */
export const WebSocketClientProtocol: MissingClass = standInClass('WebSocketClientProtocol');
/** Needs Node: throws when an instance is made. */
export const WebSocketFactory: MissingClass = standInClass('WebSocketFactory');
/** Needs Node: throws when an instance is made. */
export const WebSocketListener: MissingClass = standInClass('WebSocketListener');
/** Needs Node: throws when an instance is made. */
export const WebSocketProtocol: MissingClass = standInClass('WebSocketProtocol');
/** Needs Node: throws when an instance is made. */
export const WebSocketServerFactory: MissingClass = standInClass('WebSocketServerFactory');
/** Needs Node: throws when an instance is made. */
export const WebSocketServerProtocol: MissingClass = standInClass('WebSocketServerProtocol');
