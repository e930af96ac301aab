import type { EngineConnection } from 'millrace/facade';

/** Called when something was written, or with an error if it never will be. */
export type WrittenCallback = (error?: Error | null) => void;

interface Waiting {
  /** Where what was sent ends in the output; `Infinity` as long as it has not become output. */
  position: number;
  readonly callback: WrittenCallback;
}

/** Those who want to know when something that they have sent was written, in the order in which they have sent. */
export class WrittenCallbacks {
  readonly #connection: EngineConnection['connection'];
  #waiting: Waiting[] = [];
  /** How many of them, the first ones, were called. */
  #called = 0;
  #isScheduled = false;

  constructor(connection: EngineConnection['connection']) {
    this.#connection = connection;
  }

  /**
   * Has `callback` called when what is sent now is written. Never at once.
   *
   * @returns what is to be called when that has become output
   */
  expect(callback: WrittenCallback | undefined): (() => void) | undefined {
    if (callback === undefined) return undefined;
    const waiting: Waiting = { position: Infinity, callback };
    this.#waiting.push(waiting);
    return () => {
      waiting.position = this.#connection.outputPosition;
      this.#connection.sender.tellsProgress = true;
    };
  }

  /** Output has moved on. */
  settle(): void {
    if (this.#waiting.length === this.#called) return;
    this.#connection.sender.tellsProgress = true;
    if (this.#isScheduled) return;
    const first = this.#waiting[this.#called];
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
    this.#callWritten();
    const lost = this.#waiting.slice(this.#called);
    this.#waiting = [];
    this.#called = 0;
    for (const { callback, position } of lost) {
      process.nextTick(callback, position === Infinity ? notCompressed() : notWritten());
    }
  }

  #callWritten(): void {
    const { writtenPosition } = this.#connection;
    for (let next = this.#waiting[this.#called]; next !== undefined; next = this.#waiting[this.#called]) {
      if (next.position > writtenPosition) break;
      this.#called++;
      // Each by itself: one may throw.
      process.nextTick(next.callback);
    }
    // Seldom, so that many that wait cost nothing each time.
    if (this.#called * 2 <= this.#waiting.length) return;
    this.#waiting = this.#waiting.slice(this.#called);
    this.#called = 0;
  }
}

function notWritten(): Error {
  const error = new Error('The socket was closed before the data were written');
  return Object.assign(error, { code: 'ERR_STREAM_DESTROYED' });
}

/** Nothing else keeps what was sent from becoming output. */
function notCompressed(): Error {
  return new Error('The socket was closed while data was being compressed');
}
