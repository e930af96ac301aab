import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { NOTHING } from '../protocol/base/nothing.ts';
import type { Connection } from '../protocol/connection/connection.ts';
import type { ConnectionHost } from '../protocol/connection/host.ts';
import type { TextCodec } from '../protocol/wire/text-codec.ts';
import { Alarms, type Alarm } from './alarms.ts';
import type { CallContext, SocketDriverSetup } from './driver-setup.ts';
import { MaskingKeyPool } from './masking-keys.ts';
import { nodeTextCodec } from './node-text-codec.ts';
import type { OnreadPlaces, Reader } from './reading/shared-read-buffer.ts';
import { startReading } from './reading/start-reading.ts';
import { SocketListener } from './socket-listener.ts';
import { turns, type TurnTaker } from './turns.ts';
import { copyPiece, writePieces } from './write-pieces.ts';

/** Bytes that are handed to the socket at a time, about; the next go when these are written. */
const WRITE_SIZE = 64 * 1024;

/** Bytes that are written before other events of the process have their turn; a fast peer would take them without end. */
const TURN_SIZE = 1024 * 1024;

/** What each send counts besides its bytes, since small ones are work, too: a thousand are a turn. */
const SEND_SIZE = Math.ceil(TURN_SIZE / 1000);

/** Bytes that a read takes at most, unless told otherwise. */
const LARGEST_READ = 1024 * 1024;

const maskingKeys = new MaskingKeyPool();

/**
 * Drives a connection over a socket: moves bytes both ways with backpressure, keeps the one timer, ends the transport as the connection
 * says.
 *
 * Output is written once for each received chunk, or once all that is ready to run has run: answers of many handlers that wait for promises go
 * out together.
 */
export class SocketDriver extends SocketListener implements ConnectionHost, Reader, TurnTaker {
  readonly text: TextCodec = nodeTextCodec;
  readonly copiesOutput: boolean;
  /** What is driven. */
  readonly connection: Connection;

  readonly #socket: Duplex;
  readonly #onreadPlaces: OnreadPlaces | undefined;
  readonly largestRead: number;
  readonly #context: CallContext;
  readonly #onUpdate: (() => void) | undefined;
  /** What the socket was given last and may not have written. */
  inFlight: readonly Uint8Array[] = NONE;
  readonly #maskingKey: (() => number) | undefined;
  #chunk: Uint8Array = NOTHING;
  /** Whether {@link update} follows anyway. */
  #willUpdate = false;
  #isUpdateScheduled = false;
  #isTurnRequested = false;
  /** What may still be written in this turn, in bytes; negative when it is over. */
  #writeTurn = TURN_SIZE;
  /** How often something was sent when that was counted last. */
  #sends = 0;
  /** Whether the opening handshake may still be on its way out, over TLS for one; our first output follows it. */
  #followsHandshake = false;
  /** Bytes that the socket was given and has not written; when it has ended, that it never wrote. Asked for with each send, so it is known. */
  #unwritten = 0;
  #isEnded = false;
  #isStarted = false;
  /** What wakes it up for the next deadline of the connection, or a little before. */
  #alarm: Alarm<SocketDriver> | undefined;

  constructor(setup: SocketDriverSetup) {
    super();
    const { socket } = setup;
    this.#socket = socket;
    this.#onreadPlaces = setup.onreadPlaces;
    this.largestRead = setup.largestRead ?? LARGEST_READ;
    this.#context = setup.context;
    this.#onUpdate = setup.onUpdate;
    this.#maskingKey = setup.maskingKey;
    // Others than sockets may keep what they were given, for as long as they like.
    this.copiesOutput = !(socket instanceof Socket);
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
    this.listenTo(socket);
    if (socket.destroyed) {
      this.handleClose();
      return;
    }
    if (head.length > 0) this.receive(head);
    this.#followsHandshake ||= this.#unwritten === 0 && socket.writableLength > 0;
    this.#startReading();
    this.#isStarted = true;
    this.update();
  }

  // What the connection asks

  now(): number {
    return performance.now();
  }

  maskingKey(): number {
    return this.#maskingKey === undefined ? maskingKeys.next() : this.#maskingKey();
  }

  transportBufferedAmount(): number {
    return this.#unwritten;
  }

  requestUpdate(): void {
    if (this.#willUpdate || this.#isUpdateScheduled) return;
    this.#isUpdateScheduled = true;
    process.nextTick(update, this);
  }

  turnTime(): number {
    return turns.time;
  }

  requestTurn(): void {
    if (this.#isTurnRequested) return;
    this.#isTurnRequested = true;
    turns.request(this);
  }

  /** A turn has come. */
  takeTurn(): void {
    this.#isTurnRequested = false;
    this.#writeTurn = TURN_SIZE;
    this.#context.run(handleTurn, this);
  }

  /** Has the connection go on in its turn, and looks after what follows. */
  handleTurn(): void {
    this.#willUpdate = true;
    this.connection.handleTurn();
    this.#willUpdate = false;
    this.update();
  }

  // Reading

  get takesLargeReads(): boolean {
    return !turns.isContended && this.connection.takesLargeReads;
  }

  #startReading(): void {
    const socket = this.#socket;
    startReading(socket, { places: this.#onreadPlaces, reader: this });
    // Dropped by a hook, for what was there already.
    if (socket.destroyed) return;
    // What was there already may have paused receiving.
    if (this.connection.wantsInput) socket.resume();
    else socket.pause();
    if (socket.readableEnded) this.connection.receiveEnd();
  }

  receive(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#context.run(receive, this);
  }

  /** Hands a chunk to the connection, and looks after what follows. */
  receiveChunk(): void {
    const chunk = this.#chunk;
    this.#chunk = NOTHING;
    // What is sent for what is received has its own measure.
    if (!this.#isTurnRequested) this.#writeTurn = TURN_SIZE;
    this.#willUpdate = true;
    this.connection.receive(chunk);
    this.#willUpdate = false;
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
    this.#onUpdate?.();
  }

  /** Gives the socket now what was sent, as far as it takes it, and ends it if that is due; before {@link start}, it only writes. */
  flush(): void {
    if (!this.#willUpdate) this.#context.run(this.#isStarted ? updateNow : write, this);
  }

  /** Writes before anything is read. */
  write(): void {
    this.#followsHandshake ||= this.#unwritten === 0 && this.#socket.writableLength > 0;
    this.#flush();
  }

  /** Runs {@link update} where the calls of the connection belong. */
  updateInContext(): void {
    this.#context.run(updateNow, this);
  }

  /** Whether the socket has written what it was given, but for the opening handshake, of whose end nobody tells us. */
  get #mayWrite(): boolean {
    return this.#followsHandshake || this.#socket.writableLength === 0;
  }

  #flush(): void {
    const { connection } = this;
    let isStuck = false;
    while (this.#mayWrite && connection.hasOutput && !this.#socket.destroyed && this.#writeTurn >= 0) {
      this.#countSends();
      const pieces = connection.takeOutput(WRITE_SIZE);
      if (pieces.length > 0) {
        this.#followsHandshake = false;
        this.#write(pieces);
      } else if (isStuck) {
        connection.fail(new Error('the connection has output but gave none'));
        connection.drop();
        break;
      }
      // Once, it may have failed for a payload that was lost, and have a Close to send.
      isStuck = pieces.length === 0;
    }
    // Whoever waits for this sends on at once, so it is part of the turn.
    if (this.#writeTurn >= 0) connection.outputMoved();
  }

  #countSends(): void {
    const { sends } = this.connection.sender;
    this.#count((sends - this.#sends) * SEND_SIZE);
    this.#sends = sends;
  }

  /** Counts what is written, and leaves the rest for later when it is enough. */
  #count(size: number): void {
    this.#writeTurn -= size;
    if (this.#writeTurn < 0) this.requestTurn();
  }

  #write(pieces: readonly Uint8Array[]): void {
    const socket = this.#socket;
    for (const piece of pieces) this.#count(piece.length);
    const onWritten = (error?: Error | null): void => this.#onWritten(error);
    writePieces(socket, this.copiesOutput ? pieces.map(copyPiece) : pieces, onWritten);
    this.#unwritten = socket.writableLength;
    this.inFlight = this.#unwritten === 0 || this.copiesOutput ? NONE : pieces;
  }

  #onWritten(error: Error | null | undefined): void {
    const socket = this.#socket;
    // The usual case: the socket has taken it at once, and all that follows from that was done.
    if (this.#unwritten === 0) return;
    // A socket that fails, or was destroyed, calls back, too, and has written nothing.
    if (error instanceof Error || socket.destroyed || socket.writableLength > 0) return;
    this.#unwritten = 0;
    this.inFlight = NONE;
    this.#context.run(written, this);
  }

  /** What was written has left: tells of it before anything else can happen. */
  handleWritten(): void {
    if (this.#writeTurn >= 0) this.connection.outputMoved();
    this.update();
  }

  #pauseOrResume(): void {
    const { wantsInput } = this.connection;
    // The socket is asked, for Node resumes it by itself when another kind of listener has been taken away.
    if (wantsInput !== this.#socket.isPaused()) return;
    if (wantsInput) this.#socket.resume();
    else this.#socket.pause();
  }

  #endOrDrop(): void {
    const { connection } = this;
    const socket = this.#socket;
    const directive = connection.transport;
    if (directive === 'drop') {
      if (socket.destroyed) return;
      this.#unwritten = socket.writableLength;
      this.destroy(socket);
    } else if (directive === 'end' && !connection.hasOutput && !this.#isEnded) {
      this.#isEnded = true;
      socket.end();
    }
  }

  // The clock

  #setTimer(): void {
    const { nextDeadline: deadline, state } = this.connection;
    if (deadline === Infinity) {
      if (state === 'closed') this.#clearTimer();
      return;
    }
    // An alarm that rings too early finds nothing to do, and is set anew; none is touched for a message.
    if (this.#alarm?.servesFor(deadline) === true) return;
    this.#clearTimer();
    // An application that is busy with a connection that has ended does not keep the process alive by that.
    const alarms = state === 'closed' ? alarmsOfEnded : alarmsOfOpen;
    this.#alarm = alarms.set(this, deadline - this.now());
  }

  /** The timer has run out. */
  handleTimer(): void {
    this.#willUpdate = true;
    this.connection.handleDeadline(this.now());
    this.#willUpdate = false;
    this.update();
  }

  /** The alarm rings. */
  handleAlarm(): void {
    this.#alarm = undefined;
  }

  /** Runs {@link handleTimer} where the calls of the connection belong. */
  handleTimerInContext(): void {
    this.#context.run(handleTimer, this);
  }

  override handleEnd(): void {
    this.#context.run(receiveEnd, this);
  }

  override handleError(error: Error): void {
    this.#context.run((cause) => {
      this.connection.transportFailed(cause);
      this.update();
    }, error);
  }

  override handleClose(): void {
    this.#context.run(close, this);
  }

  /** The transport has ended: does what follows. */
  close(): void {
    this.#clearTimer();
    this.inFlight = NONE;
    this.connection.transportClosed();
    this.#setTimer();
  }

  #clearTimer(): void {
    this.#alarm?.remove(this);
    this.#alarm = undefined;
  }
}

const NONE: readonly Uint8Array[] = [];

// One function of each kind for all drivers, so that a connection keeps none.

/** What the network has brought meanwhile is read first: a sign of life may be in it. */
function ring(driver: SocketDriver): void {
  driver.handleAlarm();
  setImmediate(handleTimerLater, driver);
}

const handleTimerLater = (driver: SocketDriver): void => driver.handleTimerInContext();
const alarmsOfOpen = new Alarms<SocketDriver>({ ring, keepsAlive: true });
const alarmsOfEnded = new Alarms<SocketDriver>({ ring, keepsAlive: false });

const write = (driver: SocketDriver): void => driver.write();
const handleTimer = (driver: SocketDriver): void => driver.handleTimer();
const update = (driver: SocketDriver): void => driver.updateInContext();
const written = (driver: SocketDriver): void => driver.handleWritten();
const updateNow = (driver: SocketDriver): void => driver.update();
const receive = (driver: SocketDriver): void => driver.receiveChunk();
function receiveEnd(driver: SocketDriver): void {
  driver.connection.receiveEnd();
  driver.update();
}

const handleTurn = (driver: SocketDriver): void => driver.handleTurn();
const close = (driver: SocketDriver): void => driver.close();
