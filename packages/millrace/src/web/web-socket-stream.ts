import { NO_EVENTS, openIterated } from '../connections/open.ts';
import { checkThis, illegalInvocation, requireArgument, toWebSocketUrl } from './idl/arguments.ts';
import { toCloseInfo, type WebSocketCloseInfo } from './idl/close-info.ts';
import { memberOf, toStringList } from './idl/conversions.ts';
import { shapeInterface } from './idl/interface-shape.ts';
import { openConnection } from './open-connection.ts';
import { resolveWebClientOptions, type ResolvedWebClientOptions, type WebSocketStreamOptions } from './options.ts';
import { StreamSession, type WebSocketOpenInfo } from './stream-session.ts';
import { createWebSocketError } from './web-socket-error.ts';
import type { WebSocketStreamView } from './web-socket-stream-of.ts';
import { redactUrl } from '../protocol/base/checks.ts';
import { showFacts } from '../protocol/base/inspection.ts';

/**
 * A connection to a WebSocket server as two streams of messages, with backpressure in both directions.
 *
 * @see WHATWG WebSockets, "The WebSocketStream interface" (pull request 48)
 */
export class WebSocketStream implements WebSocketStreamView {
  static {
    shapeInterface(this, 'WebSocketStream');
    showFacts<WebSocketStream>(this, ({ url }) => ({ url: redactUrl(url) }));
  }

  readonly #url: URL;
  readonly #opened: Promise<WebSocketOpenInfo>;
  readonly #closed: Promise<WebSocketCloseInfo>;
  readonly #giveUp = new AbortController();
  /** `undefined` until the connection is open. */
  #session: StreamSession | undefined;

  /**
   * Begins to connect.
   *
   * @param url - absolute: `ws:`, `wss:`, `http:` or `https:`, without a fragment
   * @param options - `protocols` and `signal`, which gives the opening handshake up; the others are beyond the standard
   *
   * @throws {DOMException} `SyntaxError` for another URL, or a subprotocol that is no token or there twice
   * @throws {TypeError} `options` is no object, `protocols` no list, or `signal` no `AbortSignal`
   * @throws {LocalUsageError} another option has a value that it cannot have
   */
  constructor(url: string | URL, options: WebSocketStreamOptions | null = {}) {
    requireArgument(arguments.length, 'WebSocketStream');
    const protocols = memberOf(options, 'protocols');
    const names = protocols === undefined ? [] : toStringList(protocols);
    const signal = memberOf(options, 'signal');
    if (signal !== undefined && !(signal instanceof AbortSignal)) throw new TypeError('signal is no AbortSignal');
    this.#url = toWebSocketUrl(url);

    const session = this.#connect(resolveWebClientOptions('WebSocketStream', names, options ?? {}));
    this.#opened = session.then(({ info }) => info);
    this.#closed = session.then(({ closed }) => closed);
    // Who does not look at them does not want to know.
    this.#opened.catch(() => undefined);
    this.#closed.catch(() => undefined);
  }

  /** The URL that it connects to, as the URL parser writes it. */
  get url(): string {
    return this.#url.href;
  }

  /**
   * Resolves when the connection is open. Rejects with a {@link WebSocketError} if it cannot be opened, with the reason of `signal` if it was
   * aborted before.
   */
  get opened(): Promise<WebSocketOpenInfo> {
    return #url in this ? this.#opened : Promise.reject(illegalInvocation());
  }

  /**
   * Resolves when the connection was closed cleanly, and all that was written was sent. Rejects with a {@link WebSocketError} otherwise: the same
   * that its streams then have.
   */
  get closed(): Promise<WebSocketCloseInfo> {
    return #url in this ? this.#closed : Promise.reject(illegalInvocation());
  }

  /**
   * Starts the closing handshake; gives the connection up if it is not open yet. What comes after that is dropped.
   *
   * @throws {TypeError} `closeInfo` is no object, or its code not from 0 to 65535
   * @throws {DOMException} `InvalidAccessError` if the code is neither 1000 nor from 3000 to 4999; `SyntaxError` if the reason is over 123
   *   bytes of UTF-8
   */
  close(closeInfo: WebSocketCloseInfo = {}): void {
    checkThis(#url in this);
    const info = toCloseInfo(closeInfo);
    if (this.#session === undefined) this.#giveUp.abort();
    else this.#session.close(info);
  }

  async #connect(options: ResolvedWebClientOptions): Promise<StreamSession> {
    try {
      const { made, head } = await openConnection(this.#url, options, this.#giveUp.signal);
      const opened = openIterated({ made, context: undefined, events: NO_EVENTS, receives: true });
      opened.start(head);
      this.#session = new StreamSession(opened.connection);
      return this.#session;
    } catch (error) {
      options.client.signal?.throwIfAborted();
      throw createWebSocketError(error instanceof Error ? error.message : String(error), 1006, '');
    }
  }
}
