import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';

import type { Connection } from '../protocol/connection/connection.ts';
import type { ConnectionHost } from '../protocol/connection/host.ts';
import type { TextCodec } from '../protocol/wire/text-codec.ts';
import { MaskingKeyPool } from './masking-keys.ts';
import { nodeTextCodec } from './node-text-codec.ts';
import { readIntoSharedBuffer, type OnreadPlaces, type Reader } from './shared-read-buffer.ts';
import { MAX_TIMEOUT } from './timers.ts';

/** Bytes that are handed to the socket at a time, about; the next go when these are written. */
const WRITE_SIZE = 64 * 1024;

/** Bytes that are written before other events of the process have their turn; a fast peer would take them without end. */
const TURN_SIZE = 1024 * 1024;

const maskingKeys = new MaskingKeyPool();

/** What a {@link SocketDriver} works with. */
export interface SocketDriverSetup {
  /** A connected socket, or any other duplex stream of bytes. */
  readonly socket: Duplex;
  /** How to read into the shared buffer; `undefined` to take `'data'` events. */
  readonly onreadPlaces: OnreadPlaces | undefined;
  /** Bytes to read at a time into the shared buffer, at most; all of it unless given. */
  readonly largestRead?: number | undefined;
  /** Makes the connection that is driven. */
  createConnection(host: ConnectionHost): Connection;
}

/**
 * Drives a connection over a socket: moves bytes both ways with backpressure, keeps the one timer, ends the transport as the connection
 * says.
 *
 * Output is written once for each received chunk, or once all that is ready to run has run: answers of many handlers that wait for promises go
 * out together.
 */
export class SocketDriver implements ConnectionHost, Reader {
  readonly text: TextCodec = nodeTextCodec;
  /** What is driven. */
  readonly connection: Connection;

  readonly #socket: Duplex;
  readonly #onreadPlaces: OnreadPlaces | undefined;
  readonly #largestRead: number;
  #isReceiving = false;
  #isUpdateScheduled = false;
  /** What may still be written in this turn; negative when it is over. */
  #turn = TURN_SIZE;
  /** Whether the opening handshake may still be on its way out, over TLS for one; our first output follows it. */
  #followsHandshake = false;
  #isEnded = false;
  #timer: NodeJS.Timeout | undefined;
  #timerDeadline = Infinity;

  constructor(setup: SocketDriverSetup) {
    this.#socket = setup.socket;
    this.#onreadPlaces = setup.onreadPlaces;
    this.#largestRead = setup.largestRead ?? Infinity;
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
      this.update();
    });
    socket.on('error', (error) => {
      this.connection.transportFailed(error);
      this.update();
    });
    socket.on('close', () => this.#close());
    if (socket.destroyed) {
      this.#close();
      return;
    }
    if (head.length > 0) this.receive(head);
    this.#followsHandshake = socket.writableLength > 0;
    this.#startReading();
    this.update();
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
    process.nextTick(update, this);
  }

  // Reading

  #startReading(): void {
    const socket = this.#socket;
    // What was read before anybody listened.
    for (let chunk: unknown = socket.read(); chunk !== null; chunk = socket.read()) {
      if (chunk instanceof Uint8Array) this.receive(plain(chunk));
    }
    // Dropped by a hook, for what was there already.
    if (socket.destroyed) return;
    if (this.#onreadPlaces !== undefined && socket instanceof Socket && isReadFromNetwork(socket)) {
      readIntoSharedBuffer(socket, this.#onreadPlaces, this.#largestRead, this);
    } else {
      // A socket makes a buffer for each read; what comes from another stream may still be somebody's.
      const own = socket instanceof Socket ? plain : (chunk: Uint8Array) => new Uint8Array(chunk);
      socket.on('data', (chunk: Uint8Array) => this.receive(own(chunk)));
    }
    // What was there already may have paused receiving.
    if (this.connection.wantsInput) socket.resume();
    else socket.pause();
    if (socket.readableEnded) this.connection.receiveEnd();
  }

  receive(chunk: Uint8Array): void {
    this.#isReceiving = true;
    this.connection.receive(chunk);
    this.#isReceiving = false;
    this.update();
  }

  // Writing, and all that follows from what the connection says

  /** Looks after what the connection wants. */
  update(): void {
    this.#isUpdateScheduled = false;
    this.#flush();
    this.#pauseOrResume();
    this.#endOrDrop();
    this.#setTimer();
  }

  /** Whether the socket has written what it was given, but for the opening handshake, of whose end nobody tells us. */
  get #mayWrite(): boolean {
    return this.#followsHandshake || this.#socket.writableLength === 0;
  }

  #flush(): void {
    const { connection } = this;
    while (this.#mayWrite && connection.hasOutput && !this.#socket.destroyed) {
      if (this.#turn < 0) return;
      this.#followsHandshake = false;
      this.#write(connection.takeOutput(WRITE_SIZE));
    }
    // Whoever waits for this sends on at once, so it is part of the turn.
    if (this.#socket.writableLength === 0 && this.#turn >= 0) connection.sender.outputWritten();
  }

  /** Counts what is written, and leaves the rest for later when it is enough. */
  #count(size: number): void {
    const wasOver = this.#turn < 0;
    this.#turn -= size;
    if (wasOver || this.#turn >= 0) return;
    setImmediate(() => {
      this.#turn = TURN_SIZE;
      this.update();
    });
  }

  #write(pieces: readonly Uint8Array[]): void {
    const socket = this.#socket;
    const [piece] = pieces;
    if (pieces.length === 1 && piece !== undefined) {
      this.#count(piece.length);
      socket.write(piece, this.#onWritten);
      return;
    }
    socket.cork();
    for (const each of pieces) {
      this.#count(each.length);
      socket.write(each, this.#onWritten);
    }
    socket.uncork();
  }

  readonly #onWritten = (): void => {
    if (this.#socket.writableLength === 0) this.update();
  };

  #pauseOrResume(): void {
    const { wantsInput } = this.connection;
    // The socket is asked, for Node resumes it by itself when another kind of listener has been taken away.
    if (wantsInput !== this.#socket.isPaused()) return;
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
    this.#timer = setTimeout(onTimeout, Math.min(Math.max(deadline - this.now(), 0) + 1, MAX_TIMEOUT), this);
  }

  /** The timer has run out. */
  handleTimer(): void {
    this.#timerDeadline = Infinity;
    this.connection.handleDeadline(this.now());
    this.update();
  }

  #close(): void {
    this.connection.transportClosed();
    clearTimeout(this.#timer);
    this.#timerDeadline = -Infinity;
  }
}

/**
 * Whether each read of a socket is a call of the event loop, so that no two of them are under way at once.
 *
 * TLS over any other stream is read when that stream has data: perhaps within a read into the shared buffer, which it would overwrite.
 */
function isReadFromNetwork(socket: Socket): boolean {
  return !(socket instanceof TLSSocket) || socket.remoteAddress !== undefined;
}

/** One function for the timers of all drivers. What the network has brought meanwhile is read first: a sign of life may be in it. */
function onTimeout(driver: SocketDriver): void {
  setImmediate(handleTimer, driver);
}

/** One function for the updates of all drivers. */
function update(driver: SocketDriver): void {
  driver.update();
}

function handleTimer(driver: SocketDriver): void {
  driver.handleTimer();
}

/** The same bytes as a plain `Uint8Array`, whose `slice` copies. */
function plain(chunk: Uint8Array): Uint8Array {
  return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
}
