import { Opcode } from 'millrace';

import { checkCloseArguments } from './close-arguments.ts';
import { parseFrame, type FrameList } from './framed.ts';
import type { FragmentFormat, Link } from './link.ts';
import { isBlob, toBytes, type BlobLike } from './payload.ts';
import type { WrittenCallback } from './written-callbacks.ts';

/** How something is sent. */
export interface SendFormat {
  /** Whether it is binary; unless given, strings are text and all else is binary. */
  readonly binary?: boolean | undefined;
  /** Whether to compress it, where that was agreed on. */
  readonly compress?: boolean | undefined;
  /** Whether it is all, or the last, of its message. */
  readonly fin?: boolean | undefined;
  /** Whether to mask a whole message, if not as RFC 6455 §5.1 has it: the peer fails the connection then. It is not compressed. Without effect on a fragment. */
  readonly mask?: boolean | undefined;
}

/** Something that waits until a `Blob` in front of it was read. */
interface Waiting {
  readonly size: number;
  readonly send: () => void;
  readonly callback: WrittenCallback | undefined;
}

const LONGEST_CONTROL_PAYLOAD = 125;

/** Sends what is given to a socket, in order: a `Blob` has to be read first, and what follows it waits. */
export class Outbox {
  readonly #link: Link;
  readonly #onError: (error: Error) => void;
  #waiting: Waiting[] = [];
  /** The `Blob` that is being read. */
  #reading: Pick<Waiting, 'size' | 'callback'> | undefined;
  /** What waits, in bytes. */
  #waitingSize = 0;
  /** Whether a fragment was sent that was not the last. */
  #isInsideMessage = false;

  /** @param onError - a `Blob` cannot be read */
  constructor(link: Link, onError: (error: Error) => void) {
    this.#link = link;
    this.#onError = onError;
  }

  /** What waits for a `Blob` to be read, that included, in bytes. */
  get waitingSize(): number {
    return this.#waitingSize;
  }

  /** The same, in the name that programs know. */
  get _bufferedBytes(): number {
    return this.#waitingSize;
  }

  /**
   * Sends a message, or a fragment of one.
   *
   * @param isText - what it is, unless `format` says it
   */
  send(data: unknown, format: SendFormat, callback: WrittenCallback | undefined, isText: boolean): void {
    const { fin: isFinal = true, binary = !isText, compress = true } = format;
    const { mask: masks } = format;
    const opcode = binary ? Opcode.BINARY : Opcode.TEXT;
    // A message by itself, as most are.
    if (
      isFinal &&
      !this.#isInsideMessage &&
      !this.#isReading &&
      (typeof data === 'string' || data instanceof Uint8Array)
    ) {
      this.#link.send(data, { opcode, compress, masks }, callback);
      return;
    }
    const send = (payload: string | Uint8Array): void => {
      if (isFinal && !this.#isInsideMessage) this.#link.send(payload, { opcode, compress, masks }, callback);
      else this.#sendFragment(toBytes(payload), { opcode, compress, isFinal }, callback);
    };
    this.#sendInOrder(data, send, callback);
  }

  /**
   * Sends a Ping or a Pong.
   *
   * @throws {RangeError} the payload is longer than 125 bytes
   */
  sendControl(opcode: number, data: unknown, callback: WrittenCallback | undefined): void {
    const given = isBlob(data) ? data : toBytes(data);
    const size = isBlob(given) ? given.size : given.length;
    if (size > LONGEST_CONTROL_PAYLOAD) throw new RangeError('The data size must not be greater than 125 bytes');
    this.#sendInOrder(given, (payload) => this.#link.sendControl(opcode, toBytes(payload), callback), callback);
  }

  /** Sends a Close, and nothing after it. A message whose last fragment has not come is left as it is. */
  close(code: number | undefined, reason: string): void {
    const { connection } = this.#link.engine;
    this.#inOrder({ size: 0, callback: undefined, send: () => connection.closeAtOnce(code, reason) });
  }

  /**
   * Sends a frame that `Sender.frame` has made, when its turn comes.
   *
   * @throws {TypeError} it is none
   */
  sendFrame(list: FrameList, callback?: WrittenCallback): void {
    const { opcode, isFinal, payload, prepared } = parseFrame(list);
    if (prepared !== undefined && !this.#isInsideMessage) {
      const send = (): void => this.#link.sendPrepared(prepared, callback);
      this.#inOrder({ size: payload.length, callback, send });
    } else if (opcode === Opcode.CLOSE) {
      const code = payload.length < 2 ? undefined : Buffer.from(payload).readUInt16BE();
      const checked = checkCloseArguments(code, payload.subarray(2));
      this.close(checked.code, checked.reason);
    } else if (opcode === Opcode.PING || opcode === Opcode.PONG) {
      this.sendControl(opcode, payload, callback);
    } else {
      this.send(payload, { fin: isFinal, compress: false }, callback, opcode === Opcode.TEXT);
    }
  }

  /** The connection ends at once: what waits is not sent. Repeating it does nothing. */
  end(): void {
    if (this.#isReading) this.#giveUp(new Error('The socket was closed while the blob was being read'));
  }

  #sendFragment(payload: Uint8Array, format: FragmentFormat, callback: WrittenCallback | undefined): void {
    const opcode = this.#isInsideMessage ? undefined : format.opcode;
    this.#isInsideMessage = !format.isFinal;
    this.#link.sendFragment(payload, { ...format, opcode }, callback);
  }

  #sendInOrder(
    data: unknown,
    send: (payload: string | Uint8Array) => void,
    callback: WrittenCallback | undefined,
  ): void {
    if (isBlob(data)) {
      this.#inOrder({ size: data.size, callback, send: () => this.#read(data, send, callback) });
      return;
    }
    const payload = typeof data === 'string' ? data : toBytes(data);
    if (!this.#isReading) send(payload);
    else this.#inOrder({ size: Buffer.byteLength(payload), callback, send: () => send(payload) });
  }

  #inOrder(waiting: Waiting): void {
    if (!this.#isReading) {
      waiting.send();
      return;
    }
    this.#waiting.push(waiting);
    this.#waitingSize += waiting.size;
  }

  #read(blob: BlobLike, send: (payload: Uint8Array) => void, callback: WrittenCallback | undefined): void {
    this.#reading = { size: blob.size, callback };
    this.#waitingSize += blob.size;
    blob.arrayBuffer().then(
      // Outside of the promise, so that what a callback throws is an exception like any other.
      (buffer) => process.nextTick(() => this.#endReading(() => send(new Uint8Array(buffer)))),
      (error: unknown) => process.nextTick(() => this.#fail(toError(error))),
    );
  }

  #endReading(send: () => void): void {
    if (this.#link.engine.made.socket.destroyed) this.end();
    if (this.#reading === undefined) return;
    this.#waitingSize -= this.#reading.size;
    this.#reading = undefined;
    send();
    const waiting = this.#waiting.splice(0);
    for (const [index, each] of waiting.entries()) {
      this.#waitingSize -= each.size;
      each.send();
      // Another one that has to be read: the rest goes on waiting.
      if (this.#isReading) {
        this.#waiting = [...waiting.slice(index + 1), ...this.#waiting];
        break;
      }
    }
  }

  get #isReading(): boolean {
    return this.#reading !== undefined;
  }

  #fail(error: Error): void {
    if (!this.#isReading) return;
    this.#giveUp(error);
    this.#onError(error);
  }

  /** Tells all that wait that nothing of it will be sent. */
  #giveUp(error: Error): void {
    const given = [this.#reading, ...this.#waiting.splice(0)];
    this.#reading = undefined;
    this.#waitingSize = 0;
    for (const each of given) {
      if (each?.callback !== undefined) process.nextTick(each.callback, error);
    }
  }
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('a blob cannot be read', { cause: thrown });
}
