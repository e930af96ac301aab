import { createDeferred, handled, type Deferred } from '../../engine/deferred.ts';
import { CloseCode } from '../../protocol/base/close-code.ts';
import type { Closure } from '../../protocol/base/closure.ts';
import { sizeOf, toClosure, type Farewell, type Link, type WholePayload } from './link.ts';
import type { PlatformCloseInfo, PlatformStreams, PlatformWebSocketStream } from './platform.ts';

/** A connection over a `WebSocketStream`: while nobody asks for a message, the server has to wait. */
export class StreamLink implements Link {
  readonly subprotocol: string;
  readonly extensions: string;
  readonly #stream: PlatformWebSocketStream;
  readonly #reader: ReadableStreamDefaultReader<unknown>;
  readonly #writer: WritableStreamDefaultWriter<WholePayload>;
  readonly #closed: Deferred<Closure> = createDeferred();
  #bufferedAmount = 0;
  #farewell: Farewell | undefined;
  #hasEnded = false;
  /** Who waits for the network to take something. */
  #taken: Deferred<undefined> = createDeferred();

  constructor(stream: PlatformWebSocketStream, { readable, writable, protocol, extensions }: PlatformStreams) {
    this.#stream = stream;
    this.subprotocol = protocol;
    this.extensions = extensions;
    this.#reader = readable.getReader();
    this.#writer = writable.getWriter();
    this.#writer.closed.catch(ignore);
    stream.closed.then(
      (info) => this.#end(info, true),
      () => this.#end({}, false),
    );
  }

  get bufferedAmount(): number {
    return this.#bufferedAmount;
  }

  get closed(): Promise<Closure> {
    return this.#closed.promise;
  }

  async receive(): Promise<WholePayload | undefined> {
    try {
      const { done, value } = await this.#reader.read();
      if (!done) return toPayload(value);
    } catch {
      // How it ended is in `closed`.
    }
    await this.#closed.promise;
    return undefined;
  }

  send(data: WholePayload): void {
    const size = sizeOf(data);
    this.#bufferedAmount += size;
    this.#writer.write(data).then(
      () => this.#took(size),
      () => this.#took(0),
    );
  }

  async untilBelow(amount: number): Promise<void> {
    while (this.#bufferedAmount > amount && !this.#hasEnded) await this.#taken.promise;
  }

  close(farewell: Farewell): void {
    if (this.#farewell !== undefined) return;
    this.#farewell = farewell;
    const { code: closeCode, reason } = farewell;
    // What was written goes out first.
    const close = (): void => this.#stream.close(closeCode === undefined ? {} : { closeCode, reason });
    void handled(this.untilBelow(0).then(close));
  }

  drop(): void {
    this.#farewell ??= { code: undefined, reason: '', initiator: 'application' };
    this.#stream.close();
    this.#end({}, false);
  }

  #took(size: number): void {
    this.#bufferedAmount -= size;
    const { resolve } = this.#taken;
    this.#taken = createDeferred();
    resolve(undefined);
  }

  #end({ closeCode = CloseCode.NO_STATUS_RECEIVED, reason = '' }: PlatformCloseInfo, wasClean: boolean): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const end = { code: closeCode, reason, wasClean, unsentBytes: this.#bufferedAmount };
    this.#closed.resolve(toClosure(end, this.#farewell));
    this.#took(0);
  }
}

function toPayload(value: unknown): WholePayload {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return new Uint8Array(value);
  return value instanceof ArrayBuffer ? new Uint8Array(value) : String(value);
}

function ignore(): void {
  // How it ended is in `closed`.
}
