/**
 * RFC 6455 without I/O: what a transport of your own drives. `docs/driving-the-protocol.md` shows how.
 *
 * @module millrace/protocol
 */
export { CloseCode, isSendableCloseCode, isValidCloseCode } from './base/close-code.ts';
export type { CloseBody, Closure } from './base/closure.ts';
export {
  ConnectionClosedError,
  HandshakeError,
  InvalidPayloadError,
  LimitExceededError,
  LocalUsageError,
  MillraceError,
  RemoteProtocolError,
  TransportError,
  type ExceededLimit,
  type HandshakeFailure,
  type RejectedFrame,
} from './base/errors.ts';
export { MAX_FRAME_LENGTH } from './base/length.ts';
export { MessageType, Opcode } from './base/opcode.ts';
export { CLOSING_TRANSITIONS, type ClosingEvent, type ClosingState } from './connection/closing.ts';
export { Connection } from './connection/connection.ts';
export type { ConnectionSetup } from './connection/parts.ts';
export type { ConnectionHost, ConnectionOwner, ConnectionStats, TransportDirective } from './connection/host.ts';
export type { MessageSender } from './connection/message-sender.ts';
export {
  resolveConnectionOptions,
  type ConnectionOptions,
  type KeepAliveOptions,
  type ResolvedConnectionOptions,
} from './connection/options.ts';
export type { ExtensionPoints } from './extension/claims.ts';
export type {
  FrameHandler,
  MessageHandler,
  Receiver,
  StreamingHandler,
  WholeMessageHandler,
} from './receive/handlers.ts';
export { HoldReason, type ControlHooks } from './receive/read-ahead.ts';
export { PreparedMessage } from './send/prepared-message.ts';
export type { FrameFormat } from './send/message-output.ts';
export type { OutgoingFormat, TurnHolder } from './send/send-queue.ts';
export type { FrameHeader } from './wire/frame-header.ts';
export type { FrameObserver } from './wire/frame-observer.ts';
export { RECEIVE_BUFFER } from './wire/mask.ts';
export { portableTextCodec, type TextCodec } from './wire/text-codec.ts';
