// What 'millrace' is in a browser.
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
export {
  broadcast,
  ConnectionDeny,
  connectWS,
  createPermessageDeflate,
  listenWS,
  prepareMessage,
  ReadyState,
  serve,
  subscribeDiagnostics,
  upgrade,
  WebSocketClientFactory,
  WebSocketClientProtocol,
  WebSocketFactory,
  WebSocketListener,
  WebSocketProtocol,
  WebSocketServerFactory,
  WebSocketServerProtocol,
  wrap,
} from './stand-ins.ts';
