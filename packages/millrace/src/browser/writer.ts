import { attempt } from '../engine/deferred.ts';
import { ENTRY_COST } from '../protocol/base/costs.ts';
import { LimitExceededError, LocalUsageError } from '../protocol/base/errors.ts';
import type { Chunk, MessageKind } from '../connections/sending/sendable.ts';
import { sizeOf, type WholePayload } from './links/link.ts';
import { toBytes, toPayload } from './payload.ts';
import { unavailable } from './unavailable.ts';

/** What becomes of a message that is written piece by piece. */
export interface WriterOwner {
  /** What may be collected, in bytes. */
  readonly maxBufferedAmount: number;
  /** Sends the message, which is complete. */
  send(payload: WholePayload): Promise<void>;
  /** The message is over, sent or not: it is the turn of the next one. */
  over(): void;
}

/** A message that is written piece by piece. Browsers send messages whole, so it is collected, and goes out when it is ended. */
export class BrowserMessageWriter {
  readonly #type: MessageKind;
  readonly #owner: WriterOwner;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #text = '';
  #pieces: Uint8Array<ArrayBuffer>[] = [];
  #cost = 0;
  #isOver = false;
  #sent: Promise<void> | undefined;
  #writable: WritableStream<Chunk> | undefined;

  /** @internal */
  constructor(type: MessageKind, owner: WriterOwner) {
    this.#type = type;
    this.#owner = owner;
  }

  /**
   * Adds the next piece. In text, a surrogate pair may be split over two of them, and so may a code point in bytes.
   *
   * @throws {LimitExceededError} what was collected exceeds `maxBufferedAmount`
   * @throws {LocalUsageError} the message is over, or bytes in text are not UTF-8
   */
  write(chunk: Chunk): Promise<void> {
    return attempt(() => {
      this.#expectOpen('write');
      this.#add(chunk);
      return Promise.resolve();
    });
  }

  /**
   * Is not available.
   *
   * @throws {LocalUsageError} always
   */
  writeFrame(): never {
    throw unavailable('writer.writeFrame', 'it sends messages, and cuts frames as it likes');
  }

  /**
   * Is not available.
   *
   * @throws {LocalUsageError} always
   */
  beginFrame(): never {
    throw unavailable('writer.beginFrame', 'it sends messages, and cuts frames as it likes');
  }

  /** Ends the message, and sends it. Repeating it waits for the same. */
  end(): Promise<void> {
    this.#sent ??= attempt(() => {
      this.#expectOpen('end');
      const payload = this.#join();
      this.#isOver = true;
      const sent = this.#owner.send(payload);
      this.#owner.over();
      return sent;
    });
    return this.#sent;
  }

  /** Gives the message up: nothing of it was sent. Repeating it does nothing. */
  abort(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#pieces = [];
    this.#text = '';
    this.#owner.over();
  }

  /** The message as a stream: closing it ends the message, aborting it gives it up. The same stream each time. */
  get writable(): WritableStream<Chunk> {
    this.#writable ??= new WritableStream<Chunk>({
      write: (chunk) => this.write(chunk),
      close: () => this.end(),
      abort: () => this.abort(),
    });
    return this.#writable;
  }

  #add(chunk: Chunk): void {
    const payload = typeof chunk === 'string' ? toPayload(chunk, this.#type) : toPayload(chunk, undefined);
    const cost = this.#cost + sizeOf(payload) + ENTRY_COST;
    const limit = this.#owner.maxBufferedAmount;
    if (cost > limit) {
      const advice = 'a browser sends messages whole, which has to be collected first';
      throw new LimitExceededError({ option: 'maxBufferedAmount', limit, size: cost, advice });
    }
    this.#cost = cost;
    if (typeof payload === 'string') this.#text += this.#decode() + payload;
    else if (this.#type === 'text') this.#text += this.#decode(payload);
    // It is the writer's from now on, and the caller's again.
    else this.#pieces.push(payload.slice());
  }

  /** Decodes the next bytes; without any, what the bytes before must have ended with. */
  #decode(bytes?: Uint8Array<ArrayBuffer>): string {
    try {
      return this.#decoder.decode(bytes, { stream: bytes !== undefined });
    } catch {
      throw new LocalUsageError('what is written to be sent as text is not UTF-8');
    }
  }

  #join(): WholePayload {
    if (this.#type === 'text') return this.#text + this.#decode();
    const joined = new Uint8Array(this.#pieces.reduce((size, piece) => size + piece.length, 0));
    let at = 0;
    for (const piece of this.#pieces) {
      joined.set(toBytes(piece), at);
      at += piece.length;
    }
    return joined;
  }

  #expectOpen(method: string): void {
    if (this.#isOver) throw new LocalUsageError(`${method}: the message is over`);
  }
}
