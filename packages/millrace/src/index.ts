/**
 * Servers and clients: {@link serve}, {@link connect}, {@link reconnect}, {@link stayConnected}, and the protocol classes.
 *
 * @module millrace
 */
export { ConnectionDeny } from './protocol/handshake/rules/connection-deny.ts';
export type {
  ClientCertificate,
  ConnectionRequest,
  TransportSecurity,
} from './protocol/handshake/rules/connection-request.ts';
export type { AllowedOrigins } from './protocol/handshake/rules/origin.ts';
export type { PathMatch, PathPattern, PathRule } from './protocol/handshake/rules/path-rule.ts';
export type { ConnectionResponse } from './protocol/handshake/rules/connection-response.ts';
export type { HeaderFieldsInit } from './protocol/handshake/rules/header-fields.ts';
export { CloseCode } from './protocol/base/close-code.ts';
export type { CloseBody, Closure } from './protocol/base/closure.ts';
export {
  ConnectionClosedError,
  HandshakeError,
  InvalidPayloadError,
  LimitExceededError,
  LocalUsageError,
  MillraceError,
  RemoteProtocolError,
  TransportError,
  type RejectedFrame,
} from './protocol/base/errors.ts';
export { MAX_FRAME_LENGTH } from './protocol/base/length.ts';
export { MessageType, Opcode } from './protocol/base/opcode.ts';
export type { ConnectionStats } from './protocol/connection/host.ts';
export type { ConnectionOptions, KeepAliveOptions, ReceiveRateOptions } from './protocol/connection/options.ts';
export type { ExtensionParameter } from './protocol/base/extension-parameter.ts';
export type {
  MessageTransform,
  OutgoingMessage,
  PayloadTransform,
  PulledPiece,
  SendTransform,
  SharedTransform,
  TransformedMessage,
} from './protocol/base/transform.ts';
export type { ExtensionPoints, ReservedClaim } from './protocol/extension/claims.ts';
export type { AgreedExtension, Extension, ExtensionSession } from './protocol/extension/extension.ts';
export type { PreparedMessage } from './protocol/send/prepared-message.ts';
export type { Connector, ConnectorTarget } from './client/connector-target.ts';
export type { AuthenticationChallenge, ClientOptions, ResolvedClientOptions } from './client/options.ts';
export type { EngineOptions } from './engine/engine-options.ts';
export type { CloseServerOptions, CloseServerResult } from './engine/close-options.ts';
export type {
  ConnectionCloseMessage,
  ConnectionOpenMessage,
  DiagnosticsMessages,
  ErrorMessage,
  FrameMessage,
  HandshakeMessage,
  HandshakeRefusedMessage,
  ObservedConnection,
} from './engine/diagnostics/messages.ts';
export { subscribeDiagnostics } from './engine/diagnostics/subscribe-diagnostics.ts';
export type { ServerStats } from './engine/server-counts.ts';
export type { ResolvedServerOptions, ServerOptions } from './server/options.ts';
export type { HandshakeOptions, RefusedHandshake } from './server/settings/handshake-options.ts';
export type { ListeningOptions, StatusPage } from './server/settings/listening-options.ts';
export type { TrustedProxies } from './server/settings/trusted-proxies.ts';
export type { CompressionOptions } from './deflate/options.ts';
export { createPermessageDeflate } from './deflate/permessage-deflate.ts';
export type { ResolvedTransportOptions, TransportOptions } from './transport/options.ts';
export {
  WebSocketClientFactory,
  WebSocketClientProtocol,
  connectWS,
  type ClientFactoryOptions,
} from './classes/client.ts';
export { WebSocketFactory } from './classes/factory.ts';
export { ReadyState, type HookResult } from './classes/hooks.ts';
export { WebSocketListener, listenWS } from './classes/listen.ts';
export type { Producer } from './classes/producer-registration.ts';
export { WebSocketProtocol } from './classes/protocol.ts';
export type { BeginMessageOptions, SendFrameOptions, SendMessageOptions } from './classes/send-options.ts';
export { WebSocketServerFactory, type ServerFactoryOptions } from './classes/server-factory.ts';
export { WebSocketServerProtocol, type ConnectionAccept } from './classes/server-protocol.ts';
export type { BackoffOptions } from './connections/reconnecting/backoff.ts';
export { broadcast, type BroadcastOptions, type BroadcastResult } from './connections/sending/broadcast.ts';
export type { ConnectionCallbacks } from './connections/callbacks.ts';
export { connect, type ConnectOptions } from './connections/connect.ts';
export type { DuplexOptions } from './connections/adapters/connection-duplex.ts';
export type { BeginOptions, SendOptions, WaitOptions } from './connections/call-options.ts';
export type { WebSocketConnection } from './connections/connection.ts';
export type { FrameWriter } from './connections/sending/frame-writer.ts';
export { prepareMessage, type PrepareOptions } from './connections/sending/prepare-message.ts';
export type { MessageWriter } from './connections/sending/message-writer.ts';
export type { ReceivedFrame } from './connections/receiving/received-frame.ts';
export type { ReceivedMessage } from './connections/receiving/received-message.ts';
export type { QueueOptions } from './connections/reconnecting/queue-options.ts';
export type { DeliveryOptions, ReconnectState } from './connections/reconnecting/reconnect-control.ts';
export { reconnect, type ReconnectHandle, type ReconnectingConnections } from './connections/reconnecting/reconnect.ts';
export type { ReconnectOptions } from './connections/reconnecting/reconnect-options.ts';
export type { AttemptChanges, ConnectionAttempt } from './connections/reconnecting/retry-options.ts';
export type { BlobLike, Chunk, MessageKind, ReadableStreamLike, Sendable } from './connections/sending/sendable.ts';
export type {
  ConnectAnswer,
  ConnectionHandler,
  ContextAnswer,
  ContextOf,
  MessageConnectionOptions,
  ServeOptions,
} from './connections/serve-options.ts';
export { serve } from './connections/serve.ts';
export type { WebSocketServer } from './connections/server.ts';
export { stayConnected, type StayingConnected } from './connections/reconnecting/stay-connected.ts';
export { UndeliveredMessageError, type MessageFate } from './connections/reconnecting/undelivered-message-error.ts';
export { upgrade, type UpgradeOptions } from './connections/upgrade.ts';
export { wrap, type WrapOptions } from './connections/wrap.ts';
