import { InvalidPayloadError } from '../../base/errors.ts';
import { Opcode } from '../../base/opcode.ts';
import type { FrameHeader } from '../../wire/frame-header.ts';
import type { TextCodec } from '../../wire/text-codec.ts';
import { Utf8Validator } from '../../wire/utf8.ts';
import type { StreamingHandler } from '../handlers.ts';

/** From this many bytes on, asking the host about a whole chunk costs less than a loop over it. */
const LONG = 16;

/**
 * Checks that text messages are UTF-8, and passes everything on. Fails at the first bad byte, not at the end.
 *
 * @see RFC 6455 §8.1
 */
export class TextChecker implements StreamingHandler {
  readonly #next: StreamingHandler;
  readonly #text: TextCodec;
  /** Made for the first chunk that the host cannot be asked about. */
  #validator: Utf8Validator | undefined;
  #isText = false;
  /** Bytes of the message before the present chunk. */
  #position = 0;

  constructor(next: StreamingHandler, text: TextCodec) {
    this.#next = next;
    this.#text = text;
  }

  onMessageBegin(opcode: number): void {
    this.#isText = opcode === Opcode.TEXT;
    this.#position = 0;
    this.#validator?.reset();
    this.#next.onMessageBegin(opcode);
  }

  onFrameBegin(header: FrameHeader): void {
    this.#next.onFrameBegin(header);
  }

  /** @throws {InvalidPayloadError} the text cannot be UTF-8, whatever follows; names the byte */
  onFrameData(chunk: Uint8Array): void {
    if (this.#isText) this.#check(chunk);
    this.#next.onFrameData(chunk);
  }

  onFrameEnd(): void {
    this.#next.onFrameEnd();
  }

  /** @throws {InvalidPayloadError} the text ends inside a code point */
  onMessageEnd(): void {
    if (!this.#isComplete()) throw this.#invalid('ends inside a code point', this.#position);
    this.#next.onMessageEnd();
  }

  #check(chunk: Uint8Array): void {
    const known = chunk.length >= LONG && this.#isComplete() && this.#text.isUtf8(chunk);
    const bad = known ? undefined : (this.#validator ??= new Utf8Validator()).check(chunk);
    if (bad !== undefined) throw this.#invalid('is not UTF-8', this.#position + bad);
    this.#position += chunk.length;
  }

  #isComplete(): boolean {
    return this.#validator?.complete ?? true;
  }

  #invalid(problem: string, position: number): InvalidPayloadError {
    return new InvalidPayloadError(`text message ${problem} at byte ${String(position)}`, 'RFC 6455 §8.1');
  }
}
