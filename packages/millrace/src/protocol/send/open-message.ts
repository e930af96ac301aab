import { LocalUsageError } from '../base/errors.ts';
import { Countdown, checkFrameLength } from '../base/length.ts';

/** The message that an application has opened, as its calls say it, whatever of it is on the wire already. */
export class OpenMessage {
  #state: 'ground' | 'message' | 'frame' = 'ground';
  #endedByFrame = false;
  readonly #missing = new Countdown();
  #frameIsFinal = false;
  isFirstFrame = false;

  /** Whether a message is open. */
  get insideMessage(): boolean {
    return this.#state !== 'ground';
  }

  /** Whether a frame is open. */
  get insideFrame(): boolean {
    return this.#state === 'frame';
  }

  /** Bytes missing of the open frame; above 2^53 rounded. */
  get missing(): number {
    return this.#state === 'frame' ? this.#missing.remaining : 0;
  }

  /** @throws {LocalUsageError} one is open already */
  begin(): void {
    if (this.#state !== 'ground') throw misuse('beginMessage', 'a message is open: endMessage comes first');
    this.#state = 'message';
    this.#endedByFrame = false;
    this.isFirstFrame = true;
  }

  /** @throws {LocalUsageError} no message is open, a frame is open, or the length is not one */
  beginFrame(length: number | bigint, final: boolean): void {
    this.expectMessage('beginMessageFrame');
    checkFrameLength(length);
    this.#missing.setLength(length);
    this.#frameIsFinal = final;
    this.#state = 'frame';
    this.isFirstFrame = false;
    this.#endFrameIfDone();
  }

  /**
   * Takes payload of the open frame.
   *
   * @returns how many of `size` bytes belong to it
   *
   * @throws {LocalUsageError} no frame is open
   */
  takeFrameData(size: number): number {
    this.expectFrame();
    const fitting = this.#missing.fitting(size);
    this.#missing.take(fitting);
    this.#endFrameIfDone();
    return fitting;
  }

  /** A whole frame. Its place was checked. */
  takeFrame(final: boolean): void {
    this.isFirstFrame = false;
    if (final) this.#end();
  }

  /**
   * The message is over.
   *
   * @returns whether its end has still to be sent
   *
   * @throws {LocalUsageError} no message is open, or a frame is
   */
  end(): boolean {
    if (this.#state === 'ground' && this.#endedByFrame) {
      this.#endedByFrame = false;
      return false;
    }
    this.expectMessage('sendMessageFrame');
    this.#state = 'ground';
    return true;
  }

  /** Nothing is open any more. */
  abandon(): void {
    this.#state = 'ground';
  }

  /** @throws {LocalUsageError} no message is open, or a frame is */
  expectMessage(method: string): void {
    if (this.#state === 'ground') throw misuse(method, 'no message is open: beginMessage comes first');
    if (this.#state === 'frame') {
      const missing = String(this.#missing.remaining);
      throw misuse(method, `a frame is open, and ${missing} bytes of its payload are missing`);
    }
  }

  /** @throws {LocalUsageError} no frame is open */
  expectFrame(): void {
    if (this.#state !== 'frame')
      throw misuse('sendMessageFrameData', 'no frame is open: beginMessageFrame comes first');
  }

  #endFrameIfDone(): void {
    if (!this.#missing.done) return;
    this.#state = 'message';
    if (this.#frameIsFinal) this.#end();
  }

  #end(): void {
    this.#state = 'ground';
    this.#endedByFrame = true;
  }
}

function misuse(method: string, problem: string): LocalUsageError {
  return new LocalUsageError(`${method}: ${problem}`);
}
