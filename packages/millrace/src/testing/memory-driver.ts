import type { Connection } from '../protocol/connection/connection.ts';
import type { ConnectionHost } from '../protocol/connection/host.ts';
import { portableTextCodec, type TextCodec } from '../protocol/wire/text-codec.ts';
import type { MemoryTransport, TransportUser } from './memory-transport.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** Bytes that are handed to the transport at a time, about; the next go when these are written. */
const WRITE_SIZE = 64 * 1024;

/** What a {@link MemoryDriver} works with. */
export interface MemoryDriverSetup {
  readonly transport: MemoryTransport;
  readonly clock: VirtualClock;
  /** Gives the masking keys. */
  readonly maskingKey: () => number;
  /** Makes the connection that is driven. */
  readonly createConnection: (host: ConnectionHost) => Connection;
  /** Lets everything happen that follows, after a deadline. */
  readonly settle: () => void;
}

/**
 * Drives a connection over a transport in memory by a virtual clock: a second, tiny driver, which does what the one for sockets does, but
 * only when {@link step} is called.
 */
export class MemoryDriver implements ConnectionHost, TransportUser {
  readonly text: TextCodec = portableTextCodec;
  readonly copiesOutput = false;
  /** What is driven. */
  readonly connection: Connection;

  readonly #setup: MemoryDriverSetup;
  #needsUpdate = true;
  #isTurnRequested = false;
  #isReading = true;
  #deadline = Infinity;
  #cancelAlarm: () => void = () => undefined;

  constructor(setup: MemoryDriverSetup) {
    this.#setup = setup;
    this.connection = setup.createConnection(this);
    setup.transport.attach(this);
  }

  /**
   * Does what the connection has asked for, if it has.
   *
   * @returns whether it had
   */
  step(): boolean {
    if (this.#needsUpdate) this.#update();
    else if (this.#isTurnRequested) this.#takeTurn();
    else return false;
    return true;
  }

  // What the connection asks

  now(): number {
    return this.#setup.clock.now;
  }

  maskingKey(): number {
    return this.#setup.maskingKey();
  }

  transportBufferedAmount(): number {
    return this.#setup.transport.bufferedAmount;
  }

  requestUpdate(): void {
    this.#needsUpdate = true;
  }

  turnTime(): number {
    return Infinity;
  }

  requestTurn(): void {
    this.#isTurnRequested = true;
  }

  // What the transport tells

  get wantsInput(): boolean {
    return this.#isReading;
  }

  receive(chunk: Uint8Array): void {
    this.connection.receive(chunk);
    this.#update();
  }

  receiveEnd(): void {
    this.connection.receiveEnd();
    this.#update();
  }

  written(): void {
    this.#update();
  }

  failed(error: Error): void {
    this.connection.transportFailed(error);
  }

  closed(): void {
    this.connection.transportClosed();
    this.#setAlarm();
  }

  #takeTurn(): void {
    this.#isTurnRequested = false;
    this.connection.handleTurn();
    this.#update();
  }

  // All that follows from what the connection says

  #update(): void {
    this.#needsUpdate = false;
    this.#flush();
    this.#isReading = this.connection.wantsInput;
    this.#endOrDrop();
    this.#setAlarm();
  }

  #flush(): void {
    const { transport } = this.#setup;
    const { connection } = this;
    let isStuck = false;
    while (transport.bufferedAmount === 0 && connection.hasOutput && !transport.isClosed && !isStuck) {
      const pieces = connection.takeOutput(WRITE_SIZE);
      for (const piece of pieces) transport.write(piece);
      // It may have failed for a payload that was lost, and have something to say then: the next update takes it.
      isStuck = pieces.length === 0;
    }
    connection.outputMoved();
  }

  #endOrDrop(): void {
    const { connection } = this;
    const directive = connection.transport;
    if (directive === 'drop') this.#setup.transport.destroy();
    else if (directive === 'end' && !connection.hasOutput) this.#setup.transport.end();
  }

  #setAlarm(): void {
    const deadline = this.connection.nextDeadline;
    if (this.#deadline === deadline) return;
    this.#cancelAlarm();
    this.#deadline = deadline;
    this.#cancelAlarm = this.#setup.clock.setAlarm(deadline, () => {
      this.#deadline = Infinity;
      this.connection.handleDeadline(this.now());
      this.#update();
      this.#setup.settle();
    });
  }
}
