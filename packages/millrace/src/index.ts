export { ConnectionDeny } from './protocol/handshake/connection-deny.ts';
export type { ConnectionRequest } from './protocol/handshake/connection-request.ts';
export type { ConnectionResponse } from './protocol/handshake/connection-response.ts';
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
} from './protocol/base/errors.ts';
export { MAX_FRAME_LENGTH } from './protocol/base/length.ts';
export { MessageType, Opcode } from './protocol/base/opcode.ts';
export type { ConnectionStats } from './protocol/connection/host.ts';
export type { ConnectionOptions, KeepAliveOptions } from './protocol/connection/options.ts';
export type { ExtensionPoints } from './protocol/extension/claims.ts';
export type { PreparedMessage } from './protocol/message/prepared-message.ts';
export type { ClientOptions } from './client/options.ts';
export type { ServerOptions } from './server/options.ts';
export type { TransportOptions } from './transport/options.ts';
export {
  WebSocketClientFactory,
  WebSocketClientProtocol,
  connectWS,
  type ClientFactoryOptions,
} from './hooks/client.ts';
export { WebSocketFactory } from './hooks/factory.ts';
export { ReadyState, type HookResult } from './hooks/hooks.ts';
export { WebSocketListener, listenWS, type CloseListenerOptions } from './hooks/listen.ts';
export type { Producer } from './hooks/producer-registration.ts';
export { WebSocketProtocol, type SendFrameOptions, type SendOptions } from './hooks/protocol.ts';
export { WebSocketServerFactory, type ServerFactoryOptions } from './hooks/server-factory.ts';
export { WebSocketServerProtocol, type ConnectionAccept } from './hooks/server-protocol.ts';
export type { BackoffOptions } from './messages/backoff.ts';
export { broadcast, type BroadcastOptions, type BroadcastResult } from './messages/broadcast.ts';
export type { ConnectionCallbacks } from './messages/callbacks.ts';
export { connect, type ConnectOptions } from './messages/connect.ts';
export type { DuplexOptions } from './messages/connection-duplex.ts';
export type { SendOptions as SendMessageOptions, WaitOptions, WebSocketConnection } from './messages/connection.ts';
export type { FrameWriter } from './messages/frame-writer.ts';
export {
  listenTunnel,
  type ListenTunnelOptions,
  type TunnelListener,
  type TunnelPlace,
} from './messages/listen-tunnel.ts';
export type { MessageWriter } from './messages/message-writer.ts';
export type { ReceivedFrame } from './messages/received-frame.ts';
export type { ReceivedMessage } from './messages/received-message.ts';
export { reconnect } from './messages/reconnect.ts';
export type { AttemptChanges, ConnectionAttempt, ReconnectOptions } from './messages/reconnect-options.ts';
export type { Chunk, MessageKind, Sendable } from './messages/sendable.ts';
export type { ConnectAnswer, ConnectionHandler, ServeOptions } from './messages/serve-options.ts';
export {
  serveTunnel,
  type ServeTunnelOptions,
  type TunnelTarget,
  type TunnelTargetChoice,
} from './messages/serve-tunnel.ts';
export { serve } from './messages/serve.ts';
export type { WebSocketServer } from './messages/server.ts';
export { stayConnected } from './messages/stay-connected.ts';
export { wrap, type WrapOptions } from './messages/wrap.ts';
