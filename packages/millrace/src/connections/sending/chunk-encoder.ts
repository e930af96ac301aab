import { LocalUsageError } from '../../protocol/base/errors.ts';
import { Utf8Validator } from '../../protocol/wire/utf8.ts';
import { nodeTextCodec } from '../../transport/node-text-codec.ts';
import { toBytes, type Chunk, type MessageKind } from './sendable.ts';

/** The place that a piece has to fit into. */
export interface Room {
  /** Bytes that remain of its frame. */
  readonly size: number;
  /** Whether the message ends when they are there. */
  readonly endsMessage: boolean;
}

/** A piece as bytes, and what is left over for the next one. */
interface Encoded {
  readonly bytes: Uint8Array;
  /** The first half of a surrogate pair, whose second half begins the next string. */
  readonly highSurrogate: string;
  /** The bytes of a code point that ends in the next piece. They are sent already. */
  readonly cutCodePoint: Uint8Array;
}

const NOTHING: Uint8Array = new Uint8Array(0);
const REPLACEMENT = nodeTextCodec.encode('\ufffd');

/**
 * Makes bytes of the pieces of one message.
 *
 * In text, a surrogate pair may be split over two strings, and bytes are checked to be UTF-8, where a code point may be split over two pieces. In a
 * binary message, strings become UTF-8. What throws changes nothing: another piece can take its place.
 */
export class ChunkEncoder {
  readonly #type: MessageKind;
  #highSurrogate = '';
  #cutCodePoint = NOTHING;

  constructor(type: MessageKind) {
    this.#type = type;
  }

  /**
   * Encodes the next piece.
   *
   * @param room - where it goes, if that has an end
   *
   * @throws {LocalUsageError} it does not fit, or the bytes are not UTF-8 where they must be
   */
  encode(chunk: Chunk, room?: Room): Uint8Array {
    const encoded = typeof chunk === 'string' ? this.#encodeText(chunk) : this.#encodeBytes(toBytes(chunk));
    if (room !== undefined) checkRoom(encoded, room);
    this.#highSurrogate = encoded.highSurrogate;
    this.#cutCodePoint = encoded.cutCodePoint;
    return encoded.bytes;
  }

  /**
   * Ends the message.
   *
   * @returns what is left to send; half a surrogate pair becomes U+FFFD
   *
   * @throws {LocalUsageError} its bytes end inside a code point
   */
  end(): Uint8Array {
    if (this.#cutCodePoint.length > 0) throw notUtf8();
    const rest = this.#highSurrogate;
    this.#highSurrogate = '';
    return rest === '' ? NOTHING : REPLACEMENT;
  }

  #encodeText(chunk: string): Encoded {
    if (this.#cutCodePoint.length > 0) throw notUtf8();
    const text = this.#highSurrogate + chunk;
    const last = text.charCodeAt(text.length - 1);
    const isCut = last >= 0xd800 && last <= 0xdbff;
    const bytes = nodeTextCodec.encode(isCut ? text.slice(0, -1) : text);
    return { bytes, highSurrogate: isCut ? text.slice(-1) : '', cutCodePoint: NOTHING };
  }

  #encodeBytes(bytes: Uint8Array): Encoded {
    const highSurrogate = this.#highSurrogate;
    if (bytes.length === 0) return { bytes, highSurrogate, cutCodePoint: this.#cutCodePoint };
    if (this.#type === 'text') {
      if (highSurrogate !== '') throw notUtf8();
      return { bytes, highSurrogate, cutCodePoint: findCut(this.#cutCodePoint, bytes) };
    }
    return { bytes: highSurrogate === '' ? bytes : join(REPLACEMENT, bytes), highSurrogate: '', cutCodePoint: NOTHING };
  }
}

/**
 * Checks bytes that continue a text.
 *
 * @param cut - the bytes of the code point that they continue
 *
 * @returns the bytes of the code point that they leave cut
 *
 * @throws {LocalUsageError} they are not UTF-8
 */
function findCut(cut: Uint8Array, bytes: Uint8Array): Uint8Array {
  if (cut.length === 0 && nodeTextCodec.isUtf8(bytes)) return NOTHING;
  const validator = new Utf8Validator();
  validator.check(cut);
  if (validator.check(bytes) !== undefined) throw notUtf8();
  if (validator.complete) return NOTHING;
  const end = join(cut, bytes.subarray(-MAX_CUT));
  return end.slice(end.findLastIndex((byte) => byte >= FIRST_LEAD));
}

/** The longest part of a code point that is cut, in bytes. */
const MAX_CUT = 3;
/** The least first byte of a code point that has several. */
const FIRST_LEAD = 0xc0;

function checkRoom({ bytes, highSurrogate, cutCodePoint }: Encoded, { size, endsMessage }: Room): void {
  if (bytes.length > size) {
    throw new LocalUsageError(
      `write: ${String(bytes.length)} bytes were given, and ${String(size)} remain to be written of the frame`,
    );
  }
  const isCut = highSurrogate !== '' || cutCodePoint.length > 0;
  if (endsMessage && bytes.length === size && isCut) throw notUtf8();
}

function join(one: Uint8Array, other: Uint8Array): Uint8Array {
  const joined = new Uint8Array(one.length + other.length);
  joined.set(one);
  joined.set(other, one.length);
  return joined;
}

function notUtf8(): LocalUsageError {
  return new LocalUsageError('the pieces of a text message are not UTF-8 together');
}
