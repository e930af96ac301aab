import { WebSocketConnection } from '../connections/connection.ts';
import type { Closure } from '../protocol/base/closure.ts';
import { isAllowedCode, type CheckedCloseInfo, type WebSocketCloseInfo } from './idl/close-info.ts';
import { toMessageData } from './idl/message-data.ts';
import { WebSocketError, createWebSocketError } from './web-socket-error.ts';

/** A message as the streams of a connection have it: text as a string, bytes as a `Uint8Array`. */
export type StreamedMessage = string | Uint8Array<ArrayBuffer>;

/** What can be written to the stream of a connection; a string is sent as text, anything else as binary. */
export type WritableMessage = string | ArrayBuffer | ArrayBufferView;

/** What `opened` of a {@link WebSocketStream} resolves with. */
export interface WebSocketOpenInfo {
  /** The messages that come. While nobody reads, the peer has to wait. */
  readonly readable: ReadableStream<StreamedMessage>;
  /** Sends messages. A write resolves when the next may follow, so that awaiting it bounds what waits in memory. */
  readonly writable: WritableStream<WritableMessage>;
  /** The extensions that are in use, as a header; empty for none. */
  readonly extensions: string;
  /** The subprotocol that was agreed on; empty for none. */
  readonly protocol: string;
}

const NO_INFO: CheckedCloseInfo = { code: undefined, reason: '' };

/**
 * An open connection as two streams.
 *
 * @see WHATWG WebSockets, "Feedback to WebSocketStream from the protocol" (pull request 48)
 */
export class StreamSession {
  /** What the application gets. */
  readonly info: WebSocketOpenInfo;
  /** How it ended; rejects with the error that the streams have, unless that was clean. */
  readonly closed: Promise<WebSocketCloseInfo>;
  readonly #connection: WebSocketConnection;
  #readable: ReadableStreamDefaultController<StreamedMessage> | undefined;
  #writable: WritableStreamDefaultController | undefined;
  /** Messages that were written and that the connection has not taken. */
  #unwritten = 0;
  /** Whether our side has started to close: what comes then is dropped. */
  #isClosing = false;
  #isCancelled = false;
  /** Whether it was closed, from whichever side, while messages were unwritten: that is not clean. */
  #isCut = false;

  constructor(connection: WebSocketConnection) {
    this.#connection = connection;
    const readable = new ReadableStream<StreamedMessage>({
      start: (controller) => void (this.#readable = controller),
      pull: (controller) => this.#pull(controller),
      cancel: (reason) => this.#cancel(reason),
    });
    const writable = new WritableStream<WritableMessage>({
      start: (controller) => this.#startWriting(controller),
      write: (chunk) => this.#write(chunk),
      close: () => this.#closeWriter(),
    });
    const { extensions, subprotocol: protocol = '' } = connection;
    this.info = { readable, writable, extensions, protocol };
    this.closed = this.#end();
    // Who does not look at it learns of a failure from the streams.
    this.closed.catch(() => undefined);
  }

  /** Starts the closing handshake. */
  close({ code, reason }: CheckedCloseInfo): void {
    this.#isClosing = true;
    this.#isCut ||= this.#unwritten > 0;
    // Without a code, the Close frame is empty, as the standard has it.
    void WebSocketConnection.engineOf(this.#connection).close(code, reason);
  }

  async #pull(controller: ReadableStreamDefaultController<StreamedMessage>): Promise<void> {
    let message = await this.#receive();
    while (message !== undefined && this.#isClosing) message = await this.#receive();
    if (message !== undefined) {
      controller.enqueue(message);
      return;
    }
    await this.closed;
    if (!this.#isCancelled) controller.close();
  }

  /** The next message; `undefined` when there are no more, for whatever reason. */
  async #receive(): Promise<StreamedMessage | undefined> {
    try {
      const message = await this.#connection.receive();
      if (message === undefined) return undefined;
      return message.type === 'text' ? await message.text() : await message.bytes();
    } catch {
      return undefined;
    }
  }

  #cancel(reason: unknown): void {
    this.#isCancelled = true;
    this.#closeFor(reason);
  }

  #startWriting(controller: WritableStreamDefaultController): void {
    this.#writable = controller;
    // Not in the types of Node 20. Aborting does not wait for a write that the peer does not let through.
    const signal: unknown = Reflect.get(controller, 'signal');
    if (signal instanceof AbortSignal) signal.addEventListener('abort', () => this.#closeFor(signal.reason));
  }

  async #write(chunk: unknown): Promise<void> {
    const data = toMessageData(chunk);
    this.#unwritten++;
    try {
      await this.#connection.send(data);
    } catch {
      this.#isCut = true;
    }
    // This rejects with the error that everybody gets.
    if (this.#isCut) await this.closed;
    this.#unwritten--;
  }

  async #closeWriter(): Promise<void> {
    this.close(NO_INFO);
    await this.closed;
  }

  #closeFor(reason: unknown): void {
    const info =
      reason instanceof WebSocketError ? { code: reason.closeCode ?? undefined, reason: reason.reason } : NO_INFO;
    // An error of ours may have a code that cannot be sent.
    this.close(isAllowedCode(info.code) ? info : NO_INFO);
  }

  async #end(): Promise<WebSocketCloseInfo> {
    const { wasClean, code, reason } = await this.#connection.closed;
    if (wasClean && !this.#isCut && this.#unwritten === 0) {
      this.#writable?.error(new DOMException('the connection is closed', 'InvalidStateError'));
      return { closeCode: code, reason };
    }
    const error = createWebSocketError(describe(await this.#connection.closed), code, wasClean ? reason : '');
    this.#readable?.error(error);
    this.#writable?.error(error);
    throw error;
  }
}

function describe({ wasClean, reason }: Closure): string {
  if (wasClean) return 'the connection was closed before all that was written could be sent';
  return `the connection was not closed cleanly: ${reason}`;
}
