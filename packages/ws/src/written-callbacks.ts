import type { EngineConnection } from 'millrace/facade';

/** Called when something was written, or with an error if it never will be. */
export type WrittenCallback = (error?: Error | null) => void;

interface Waiting {
  /** Where what was sent ends in the output. */
  readonly position: number;
  readonly callback: WrittenCallback;
}

/** Those who want to know when something that they have sent was written, in the order in which they have sent. */
export class WrittenCallbacks {
  readonly #connection: EngineConnection['connection'];
  #waiting: Waiting[] = [];
  #isScheduled = false;

  constructor(connection: EngineConnection['connection']) {
    this.#connection = connection;
  }

  /** Has `callback` called when what was sent last is written. Never at once. */
  add(callback: WrittenCallback): void {
    this.#waiting.push({ position: this.#connection.outputPosition, callback });
    this.#connection.sender.tellsProgress = true;
  }

  /** Output has moved on. */
  settle(): void {
    if (this.#waiting.length === 0) return;
    this.#connection.sender.tellsProgress = true;
    if (this.#isScheduled) return;
    const [first] = this.#waiting;
    if (first === undefined || first.position > this.#connection.writtenPosition) return;
    this.#isScheduled = true;
    // A send, or a look at `bufferedAmount`, may have written it: nobody expects to be called within that.
    process.nextTick(() => {
      this.#isScheduled = false;
      this.#callWritten();
    });
  }

  /** The connection has ended: what was not written never will be. */
  end(): void {
    const { writtenPosition } = this.#connection;
    for (const { position, callback } of this.#waiting.splice(0)) {
      if (position <= writtenPosition) process.nextTick(callback);
      else process.nextTick(callback, notWritten());
    }
  }

  #callWritten(): void {
    const { writtenPosition } = this.#connection;
    const waits = this.#waiting.findIndex(({ position }) => position > writtenPosition);
    const written = this.#waiting.splice(0, waits === -1 ? this.#waiting.length : waits);
    // Each by itself: one may throw.
    for (const { callback } of written) process.nextTick(callback);
  }
}

function notWritten(): Error {
  const error = new Error('The socket was closed before the data were written');
  return Object.assign(error, { code: 'ERR_STREAM_DESTROYED' });
}
