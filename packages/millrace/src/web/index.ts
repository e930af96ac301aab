/**
 * The interfaces that browsers have: {@link WebSocket} and {@link WebSocketStream}.
 *
 * @module millrace/web
 */
export { CloseEvent, type CloseEventInit } from './close-event.ts';
export type { WebSocketCloseInfo } from './idl/close-info.ts';
export type { EventHandler } from './idl/event-handler-attribute.ts';
export type { WebClientOptions, WebSocketOptions, WebSocketStreamOptions } from './options.ts';
export type { StreamedMessage, WebSocketOpenInfo, WritableMessage } from './stream-session.ts';
export type { WebSocketEventMap } from './idl/web-socket-event-target.ts';
export { WebSocket } from './web-socket.ts';
export { WebSocketError } from './web-socket-error.ts';
export { WebSocketStream } from './web-socket-stream.ts';
export { webSocketStreamOf, type WebSocketStreamView } from './web-socket-stream-of.ts';
