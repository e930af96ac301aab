import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import type { Connection } from '../protocol/connection/connection.ts';
import type { ConnectionHost } from '../protocol/connection/host.ts';
import type { TextCodec } from '../protocol/wire/text-codec.ts';
import { MaskingKeyPool } from './masking-keys.ts';
import { nodeTextCodec } from './node-text-codec.ts';
import { readIntoSharedBuffer, type OnreadPlaces } from './shared-read-buffer.ts';

/** Bytes that are handed to the socket at a time, about; the next go when these are written. */
const WRITE_SIZE = 64 * 1024;

/** The longest time that `setTimeout` takes, in milliseconds. */
const MAX_TIMEOUT = 2 ** 31 - 1;

const maskingKeys = new MaskingKeyPool();

/** What a {@link SocketDriver} works with. */
export interface SocketDriverSetup {
  /** A connected socket, or any other duplex stream of bytes. */
  readonly socket: Duplex;
  /** How to read into the shared buffer; `undefined` to take `'data'` events. */
  readonly onreadPlaces: OnreadPlaces | undefined;
  /** Makes the connection that is driven. */
  createConnection(host: ConnectionHost): Connection;
}

/**
 * Drives a connection over a socket: moves bytes both ways with backpressure, keeps the one timer, ends the transport as the connection
 * says.
 *
 * Output is written once for each received chunk, or once in a microtask.
 */
export class SocketDriver implements ConnectionHost {
  readonly text: TextCodec = nodeTextCodec;
  /** What is driven. */
  readonly connection: Connection;

  readonly #socket: Duplex;
  readonly #onreadPlaces: OnreadPlaces | undefined;
  #isReceiving = false;
  #isReading = true;
  #isUpdateScheduled = false;
  #isEnded = false;
  #timer: NodeJS.Timeout | undefined;
  #timerDeadline = Infinity;

  constructor(setup: SocketDriverSetup) {
    this.#socket = setup.socket;
    this.#onreadPlaces = setup.onreadPlaces;
    this.connection = setup.createConnection(this);
  }

  /**
   * Begins to read, and calls the handlers of the connection from now on.
   *
   * @param head - bytes that came right behind the opening handshake; taken over
   */
  start(head: Uint8Array): void {
    const socket = this.#socket;
    // Our side of the transport ends when the connection says so, not when the peer's does.
    socket.allowHalfOpen = true;
    socket.on('end', () => {
      this.connection.receiveEnd();
      this.#update();
    });
    socket.on('error', (error) => {
      this.connection.transportFailed(error);
      this.#update();
    });
    socket.once('close', () => this.#close());
    if (socket.destroyed) {
      this.#close();
      return;
    }
    if (head.length > 0) this.#receive(head);
    this.#startReading();
    this.#update();
  }

  // What the connection asks

  now(): number {
    return performance.now();
  }

  maskingKey(): number {
    return maskingKeys.next();
  }

  transportBufferedAmount(): number {
    return this.#socket.writableLength;
  }

  requestUpdate(): void {
    if (this.#isReceiving || this.#isUpdateScheduled) return;
    this.#isUpdateScheduled = true;
    queueMicrotask(this.#update);
  }

  // Reading

  #startReading(): void {
    const socket = this.#socket;
    // What was read before anybody listened.
    for (let chunk: unknown = socket.read(); chunk !== null; chunk = socket.read()) {
      if (chunk instanceof Uint8Array) this.#receive(plain(chunk));
    }
    if (this.#onreadPlaces !== undefined && socket instanceof Socket) {
      readIntoSharedBuffer(socket, this.#onreadPlaces, this.#receive);
    } else {
      // A socket makes a buffer for each read; what comes from another stream may still be somebody's.
      const own = socket instanceof Socket ? plain : (chunk: Uint8Array) => new Uint8Array(chunk);
      socket.on('data', (chunk: Uint8Array) => this.#receive(own(chunk)));
    }
    socket.resume();
  }

  readonly #receive = (chunk: Uint8Array): void => {
    this.#isReceiving = true;
    this.connection.receive(chunk);
    this.#isReceiving = false;
    this.#update();
  };

  // Writing, and all that follows from what the connection says

  readonly #update = (): void => {
    this.#isUpdateScheduled = false;
    this.#flush();
    this.#pauseOrResume();
    this.#endOrDrop();
    this.#setTimer();
  };

  #flush(): void {
    const { connection } = this;
    while (this.#socket.writableLength === 0 && connection.hasOutput && !this.#socket.destroyed) {
      this.#write(connection.takeOutput(WRITE_SIZE));
    }
    if (this.#socket.writableLength === 0) connection.sender.outputWritten();
  }

  #write(pieces: readonly Uint8Array[]): void {
    const socket = this.#socket;
    const [piece] = pieces;
    if (pieces.length === 1 && piece !== undefined) {
      socket.write(piece, this.#onWritten);
      return;
    }
    socket.cork();
    for (const each of pieces) socket.write(each, this.#onWritten);
    socket.uncork();
  }

  readonly #onWritten = (): void => {
    if (this.#socket.writableLength === 0) this.#update();
  };

  #pauseOrResume(): void {
    const { wantsInput } = this.connection;
    if (wantsInput === this.#isReading) return;
    this.#isReading = wantsInput;
    if (wantsInput) this.#socket.resume();
    else this.#socket.pause();
  }

  #endOrDrop(): void {
    const { connection } = this;
    const directive = connection.transport;
    if (directive === 'drop') {
      this.#socket.destroy();
    } else if (directive === 'end' && !connection.hasOutput && !this.#isEnded) {
      this.#isEnded = true;
      this.#socket.end();
    }
  }

  // The clock

  #setTimer(): void {
    const deadline = this.connection.nextDeadline;
    // A timer that is set too early finds nothing to do, and is set anew; none is touched for a message.
    if (deadline >= this.#timerDeadline) return;
    clearTimeout(this.#timer);
    this.#timerDeadline = deadline;
    this.#timer = setTimeout(this.#onTimer, Math.min(Math.max(deadline - this.now(), 0) + 1, MAX_TIMEOUT));
  }

  readonly #onTimer = (): void => {
    this.#timerDeadline = Infinity;
    this.connection.handleDeadline(this.now());
    this.#update();
  };

  #close(): void {
    this.connection.transportClosed();
    clearTimeout(this.#timer);
    this.#timerDeadline = -Infinity;
  }
}

/** The same bytes as a plain `Uint8Array`, whose `slice` copies. */
function plain(chunk: Uint8Array): Uint8Array {
  return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
}
