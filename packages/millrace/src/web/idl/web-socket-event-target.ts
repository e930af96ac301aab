import type { CloseEvent } from '../close-event.ts';

/** The events of a {@link WebSocket}, by type. */
export interface WebSocketEventMap {
  /** The connection is open. */
  open: Event;
  /** A message came: a string, or a `Blob` or `ArrayBuffer`, as `binaryType` says. */
  message: MessageEvent;
  /** The connection has failed; `close` follows. */
  error: Event;
  /** The connection is over. */
  close: CloseEvent;
}

type Listener = Parameters<EventTarget['addEventListener']>[1];
type AddOptions = Parameters<EventTarget['addEventListener']>[2];
type RemoveOptions = Parameters<EventTarget['removeEventListener']>[2];

/** An `EventTarget` that knows the events of a {@link WebSocket}; `This` is what listeners are called on. */
export interface WebSocketEventTarget<This> extends EventTarget {
  addEventListener<Type extends keyof WebSocketEventMap>(
    type: Type,
    listener: (this: This, event: WebSocketEventMap[Type]) => unknown,
    options?: AddOptions,
  ): void;
  addEventListener(type: string, listener: Listener, options?: AddOptions): void;
  removeEventListener<Type extends keyof WebSocketEventMap>(
    type: Type,
    listener: (this: This, event: WebSocketEventMap[Type]) => unknown,
    options?: RemoveOptions,
  ): void;
  removeEventListener(type: string, listener: Listener, options?: RemoveOptions): void;
}
