/**
 * What a façade stands on: the engine's connection over a socket whose opening handshake somebody has done, and what it calls. `@millrace/ws` is made of it.
 *
 * Programs take `serve`, `connect`, or the classes, which look after more than this does. `docs/driving-the-protocol.md` is about the protocol without a socket.
 *
 * @module millrace/facade
 */
export { adoptConnection, type AdoptedConnection } from '../connections/adopt.ts';
export { AsyncContext } from '../engine/async-context.ts';
export { EngineConnection, type ConnectionMade, type ConnectionUser } from '../engine/engine-connection.ts';
export { HoldReason, type ControlHooks } from '../protocol/receive/read-ahead.ts';
export type { Receiver, WholeMessageHandler } from '../protocol/receive/handlers.ts';
export { resolveConnectionOptions, type ResolvedConnectionOptions } from '../protocol/connection/options.ts';
export type { FrameHeader } from '../protocol/wire/frame-header.ts';
export { findOnreadPlaces, type OnreadPlaces } from '../transport/reading/shared-read-buffer.ts';
export type { CollectorLimits } from '../protocol/receive/handlers.ts';
export { agreeOnDeflate, mayKeepHistory, type DeflateAgreement } from '../deflate/agree-on-deflate.ts';
export type { CompressingSide } from '../deflate/negotiation.ts';
export type { Agreed } from '../protocol/extension/negotiate.ts';
export { PreparedMessage } from '../protocol/send/prepared-message.ts';
export { ByteCollector } from '../protocol/receive/stages/byte-collector.ts';
