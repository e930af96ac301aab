import type { EstablishedConnection } from '../client/establish.ts';
import { EngineConnection, type ConnectionUser } from '../engine/engine-connection.ts';
import type { Closure } from '../protocol/base/closure.ts';
import { checkThis, requireArgument, toWebSocketUrl } from './idl/arguments.ts';
import { CloseEvent } from './close-event.ts';
import { checkCloseInfo } from './idl/close-info.ts';
import { isIterableObject, toClampedUnsignedShort, toDOMString, toStringList, toUSVString } from './idl/conversions.ts';
import { EventHandlerAttribute, type EventHandler } from './idl/event-handler-attribute.ts';
import { shapeInterface } from './idl/interface-shape.ts';
import { sizeOf, toMessageData } from './idl/message-data.ts';
import { openConnection } from './open-connection.ts';
import { resolveWebClientOptions, type WebClientOptions, type WebSocketOptions } from './options.ts';
import { Outbox } from './outbox.ts';
import { TaskQueue } from './task-queue.ts';
import type { WebSocketEventTarget } from './idl/web-socket-event-target.ts';
import { redactUrl } from '../protocol/base/checks.ts';
import { showFacts } from '../protocol/base/inspection.ts';

const ReadyState = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 } as const;

/** Node's own, with the types of our events. */
const Base: new () => WebSocketEventTarget<WebSocket> = EventTarget;

/**
 * A connection to a WebSocket server, as browsers have it. Listeners that throw end the process as those of any `EventTarget` in Node do; what
 * the server does never throws.
 *
 * It does not tell its sender to wait, nor the server: `bufferedAmount` grows, and messages come as fast as they can. {@link WebSocketStream} does
 * both.
 *
 * @see WHATWG WebSockets §3 (The WebSocket interface)
 */
export class WebSocket extends Base {
  static {
    shapeInterface(this, 'WebSocket', ReadyState);
    showFacts<WebSocket>(this, ({ url, readyState, protocol, extensions, binaryType, bufferedAmount }) => {
      return { url: redactUrl(url), readyState, protocol, extensions, binaryType, bufferedAmount };
    });
  }

  declare static readonly CONNECTING: 0;
  declare static readonly OPEN: 1;
  declare static readonly CLOSING: 2;
  declare static readonly CLOSED: 3;
  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSING: 2;
  declare readonly CLOSED: 3;

  readonly #url: URL;
  readonly #onopen = new EventHandlerAttribute<WebSocket, Event>(this, 'open');
  readonly #onerror = new EventHandlerAttribute<WebSocket, Event>(this, 'error');
  readonly #onclose = new EventHandlerAttribute<WebSocket, CloseEvent>(this, 'close');
  readonly #onmessage = new EventHandlerAttribute<WebSocket, MessageEvent>(this, 'message');
  readonly #tasks = new TaskQueue(() => this.#onIdle());
  readonly #opening = new AbortController();
  #readyState: 0 | 1 | 2 | 3 = ReadyState.CONNECTING;
  #binaryType: 'blob' | 'arraybuffer' = 'blob';
  #protocol = '';
  #extensions = '';
  /** `undefined` until the connection is open. */
  #engine: EngineConnection | undefined;
  #outbox: Outbox | undefined;
  /** Bytes that were sent when the connection was closing, or closed. */
  #sentTooLate = 0;

  /**
   * Begins to connect. What goes wrong is told by the events `error` and `close`.
   *
   * @param url - absolute: `ws:`, `wss:`, `http:` or `https:`, without a fragment
   * @param protocols - subprotocols to offer, the preferred one first; or, beyond the standard, options
   *
   * @throws {DOMException} `SyntaxError` for another URL, or a subprotocol that is no token or there twice
   * @throws {LocalUsageError} an option has a value that it cannot have
   */
  constructor(url: string | URL, protocols: string | readonly string[] | WebSocketOptions = []) {
    super();
    requireArgument(arguments.length, 'WebSocket');
    const [names, options] = toOptions(protocols);
    this.#url = toWebSocketUrl(url);
    const resolved = resolveWebClientOptions('WebSocket', names, options);
    openConnection(this.#url, resolved, this.#opening.signal).then(
      (established) => this.#open(established),
      // A task of its own: it may have failed at once, and listeners are still to come.
      () => setImmediate(() => this.#end(undefined)),
    );
  }

  /** The URL that it connects to, as the URL parser writes it. */
  get url(): string {
    return this.#url.href;
  }

  /** `CONNECTING`, `OPEN`, `CLOSING` or `CLOSED`. */
  get readyState(): 0 | 1 | 2 | 3 {
    return this.#readyState;
  }

  /** Bytes of messages, without framing, that were sent and that the network has not taken. What is sent too late stays in it. */
  get bufferedAmount(): number {
    return (this.#outbox?.bufferedAmount ?? 0) + this.#sentTooLate;
  }

  /** Handles the event `open`. */
  get onopen(): EventHandler<Event> | null {
    return this.#onopen.value;
  }
  set onopen(handler: EventHandler<Event> | null) {
    this.#onopen.value = handler;
  }

  /** Handles the event `error`. */
  get onerror(): EventHandler<Event> | null {
    return this.#onerror.value;
  }
  set onerror(handler: EventHandler<Event> | null) {
    this.#onerror.value = handler;
  }

  /** Handles the event `close`. */
  get onclose(): EventHandler<CloseEvent> | null {
    return this.#onclose.value;
  }
  set onclose(handler: EventHandler<CloseEvent> | null) {
    this.#onclose.value = handler;
  }

  /** The extensions that are in use, as a header; empty for none. */
  get extensions(): string {
    return this.#extensions;
  }

  /** The subprotocol that the server chose; empty for none. */
  get protocol(): string {
    return this.#protocol;
  }

  /** Handles the event `message`. */
  get onmessage(): EventHandler<MessageEvent> | null {
    return this.#onmessage.value;
  }
  set onmessage(handler: EventHandler<MessageEvent> | null) {
    this.#onmessage.value = handler;
  }

  /** As what binary messages are handed over; `'blob'` at first. Another value is ignored. */
  get binaryType(): 'blob' | 'arraybuffer' {
    return this.#binaryType;
  }
  set binaryType(type: 'blob' | 'arraybuffer') {
    checkThis(#url in this);
    const given = toDOMString(type);
    if (given === 'blob' || given === 'arraybuffer') this.#binaryType = given;
  }

  /**
   * Starts the closing handshake, after all that was sent; gives the connection up if it is not open yet.
   *
   * @param code - 1000 or 3000 to 4999
   * @param reason - at most 123 bytes of UTF-8
   *
   * @throws {DOMException} `InvalidAccessError` for another code, `SyntaxError` for a longer reason
   */
  close(...[code, reason]: [code?: number, reason?: string]): void {
    checkThis(#url in this);
    const info = checkCloseInfo(
      code === undefined ? undefined : toClampedUnsignedShort(code),
      reason === undefined ? '' : toUSVString(reason),
    );
    if (this.#readyState >= ReadyState.CLOSING) return;
    this.#readyState = ReadyState.CLOSING;
    if (this.#outbox === undefined) this.#opening.abort();
    else this.#engine?.connection.close(info.code, info.reason);
  }

  /**
   * Sends a message: bytes as binary, which are copied at once; anything else as text. Does nothing but count it if the connection is closing.
   *
   * @throws {DOMException} `InvalidStateError` if the connection is not open yet
   * @throws {TypeError} the bytes are shared, or of a buffer that can be resized
   */
  send(data: string | ArrayBuffer | ArrayBufferView | Blob): void {
    checkThis(#url in this);
    requireArgument(arguments.length, 'send');
    const message = data instanceof Blob ? data : toMessageData(data);
    if (this.#readyState === ReadyState.CONNECTING) {
      throw new DOMException('the connection is not open yet', 'InvalidStateError');
    }
    if (this.#outbox !== undefined && this.#readyState === ReadyState.OPEN) this.#outbox.send(message);
    else this.#sentTooLate += sizeOf(message);
  }

  #open({ made, head }: EstablishedConnection<void>): void {
    if (this.#readyState !== ReadyState.CONNECTING) {
      made.socket.destroy();
      this.#end(undefined);
      return;
    }
    const engine = new EngineConnection(made, this.#createUser());
    this.#engine = engine;
    this.#outbox = new Outbox(engine.connection);
    this.#protocol = made.subprotocol ?? '';
    this.#extensions = made.extensions;
    this.#readyState = ReadyState.OPEN;
    this.#tasks.post(() => this.dispatchEvent(new Event('open')));
    engine.start(head);
  }

  #createUser(): ConnectionUser {
    const onMessage = (payload: string | Uint8Array): void => this.#tasks.post(() => this.#receive(payload));
    const tasks = this.#tasks;
    return {
      receiver: { level: 'message', handler: { onMessage } },
      // What listeners send for a message goes out before the peer's Close is answered.
      get isWorking() {
        return tasks.isBusy;
      },
      onHighWater: nothing,
      onDrain: nothing,
      onClosing: () => this.#tasks.post(() => (this.#readyState = ReadyState.CLOSING)),
      onFull: nothing,
      onEnded: (closure) => this.#outbox?.end(closure),
      onClosed: (closure) => this.#tasks.post(() => this.#end(closure)),
      onError: nothing,
    };
  }

  #onIdle(): void {
    const connection = this.#engine?.connection;
    if (connection?.state === 'closeReceived' || connection?.state === 'closed') connection.proceed();
  }

  #receive(payload: string | Uint8Array): void {
    if (this.#readyState !== ReadyState.OPEN) return;
    const data = typeof payload === 'string' ? payload : this.#present(payload);
    this.dispatchEvent(new MessageEvent('message', { data, origin: this.#url.origin }));
  }

  #present(bytes: Uint8Array): Blob | ArrayBufferLike {
    if (this.#binaryType === 'blob') return new Blob([bytes]);
    return bytes.length === bytes.buffer.byteLength ? bytes.buffer : new Uint8Array(bytes).buffer;
  }

  /** @param closure - how the connection ended; `undefined` if it was never open */
  #end(closure: Closure | undefined): void {
    const wasClean = closure?.wasClean ?? false;
    this.#readyState = ReadyState.CLOSED;
    if (!wasClean) this.dispatchEvent(new Event('error'));
    // What we know of a failure is not for pages to know, and `reason` is what the server said.
    const [code, reason] = wasClean && closure !== undefined ? [closure.code, closure.reason] : [1006, ''];
    this.dispatchEvent(new CloseEvent('close', { wasClean, code, reason }));
  }
}

function nothing(): void {
  // The interface has no word for it.
}

/** Takes apart what the second argument of the constructor can be. */
function toOptions(given: string | readonly string[] | WebSocketOptions): [readonly string[], WebClientOptions] {
  if (typeof given !== 'object' || isIterableObject(given)) return [toNames(given), {}];
  return [toNames(given.protocols ?? []), given];
}

function toNames(protocols: unknown): readonly string[] {
  return isIterableObject(protocols) ? toStringList(protocols) : [toDOMString(protocols)];
}
