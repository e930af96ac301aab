import { describe } from '../protocol/base/argument-checks.ts';
import { LocalUsageError } from '../protocol/base/errors.ts';
import { Utf8Validator } from '../protocol/wire/utf8.ts';
import { nodeTextCodec } from '../transport/node-text-codec.ts';
import { isChunk, toBytes, type Chunk, type MessageKind } from './sendable.ts';

/**
 * Makes bytes of the pieces of one message.
 *
 * In text, a surrogate pair may be split over two strings, and bytes are checked to be UTF-8, where a code point may be split over two pieces. In a
 * binary message, strings become UTF-8.
 */
export class ChunkEncoder {
  readonly #type: MessageKind;
  /** The first half of a surrogate pair, whose second half begins the next string. */
  #highSurrogate = '';
  readonly #validator = new Utf8Validator();
  #isBad = false;

  constructor(type: MessageKind) {
    this.#type = type;
  }

  /**
   * Encodes the next piece.
   *
   * @throws {LocalUsageError} it is no piece, or the bytes are not UTF-8 where they must be, which cannot be mended
   */
  encode(chunk: Chunk): Uint8Array {
    if (!isChunk(chunk)) {
      throw new LocalUsageError(`a piece of a message is ${describe(chunk)}, expected a string or bytes`);
    }
    if (this.#isBad) throw this.#notUtf8();
    if (typeof chunk === 'string') return this.#encodeText(chunk);
    const bytes = toBytes(chunk);
    if (this.#type === 'text' && bytes.length > 0) this.#check(bytes);
    return bytes;
  }

  /**
   * Ends the message.
   *
   * @returns what is left to send; half a surrogate pair becomes U+FFFD
   *
   * @throws {LocalUsageError} its bytes end inside a code point
   */
  end(): Uint8Array {
    if (this.#isBad || !this.#validator.complete) throw this.#notUtf8();
    const rest = this.#highSurrogate;
    this.#highSurrogate = '';
    return nodeTextCodec.encode(rest);
  }

  #encodeText(chunk: string): Uint8Array {
    if (!this.#validator.complete) throw this.#notUtf8();
    const text = this.#highSurrogate + chunk;
    const isCut = /[\uD800-\uDBFF]$/.test(text);
    this.#highSurrogate = isCut ? text.slice(-1) : '';
    return nodeTextCodec.encode(isCut ? text.slice(0, -1) : text);
  }

  #check(bytes: Uint8Array): void {
    const isBad = this.#highSurrogate !== '' || this.#validator.check(bytes) !== undefined;
    this.#isBad ||= isBad;
    if (isBad) throw this.#notUtf8();
  }

  #notUtf8(): LocalUsageError {
    return new LocalUsageError('the pieces of a text message are not UTF-8 together');
  }
}
