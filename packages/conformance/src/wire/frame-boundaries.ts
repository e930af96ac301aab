/** Bytes of a header that come before it is known how long the header is. */
const FIRST_BYTES = 2;

/**
 * Follows the bytes of one direction, and knows where frames begin and end. It reads headers only, and takes every frame for valid, so that it also
 * follows a stream that breaks rules.
 */
export class FrameBoundaries {
  /** Bytes of a header that is not complete. */
  #header: number[] = [];
  /** Bytes of the frame that are still missing behind its header. */
  #missing = 0n;

  /** Whether the bytes so far end inside a frame. */
  get insideFrame(): boolean {
    return this.#missing > 0n || this.#header.length > 0;
  }

  /** Counts the next bytes to no frame: they are the head of an HTTP message. */
  skip(size: number): void {
    this.#missing += BigInt(size);
  }

  /** Takes bytes, up to the end of the current frame. Returns how many that were. */
  takeFrame(bytes: Uint8Array): number {
    let position = 0;
    while (position < bytes.length) {
      if (this.#missing === 0n) position += this.#takeHeader(bytes.subarray(position));
      const count = this.#missing < BigInt(bytes.length - position) ? Number(this.#missing) : bytes.length - position;
      this.#missing -= BigInt(count);
      position += count;
      if (!this.insideFrame) break;
    }
    return position;
  }

  /** Takes bytes, whatever frames they are part of. */
  take(bytes: Uint8Array): void {
    for (let position = 0; position < bytes.length;) position += this.takeFrame(bytes.subarray(position));
  }

  #takeHeader(bytes: Uint8Array): number {
    let position = 0;
    while (position < bytes.length) {
      this.#header.push(bytes[position]!);
      position++;
      if (this.#header.length < headerSize(this.#header)) continue;
      this.#missing = payloadLength(this.#header);
      this.#header = [];
      break;
    }
    return position;
  }
}

function headerSize(header: readonly number[]): number {
  if (header.length < FIRST_BYTES) return FIRST_BYTES;
  return FIRST_BYTES + lengthSize(header[1]!) + (header[1]! >= 0x80 ? 4 : 0);
}

function lengthSize(second: number): number {
  const short = second & 0x7f;
  return short === 127 ? 8 : short === 126 ? 2 : 0;
}

/** The length as an unsigned number, whether or not it is allowed to be that long. */
function payloadLength(header: readonly number[]): bigint {
  const size = lengthSize(header[1]!);
  if (size === 0) return BigInt(header[1]! & 0x7f);
  return header.slice(FIRST_BYTES, FIRST_BYTES + size).reduce((length, byte) => (length << 8n) | BigInt(byte), 0n);
}
