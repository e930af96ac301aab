import { types } from 'node:util';

import { toUSVString } from './conversions.ts';

/**
 * Makes a message of what an application gave: a copy of the bytes of an `ArrayBuffer` or a view of one; text of anything else.
 *
 * @throws {TypeError} the bytes are shared or of a buffer that can be resized, or the value cannot be converted to a string
 *
 * @see Web IDL §3.2.26 (Buffer source types)
 */
export function toMessageData(value: unknown): string | Uint8Array<ArrayBuffer> {
  if (ArrayBuffer.isView(value)) return copy(value.buffer, value.byteOffset, value.byteLength);
  if (types.isArrayBuffer(value)) return copy(value, 0, value.byteLength);
  return toUSVString(value);
}

/** Bytes of a message: those of its UTF-8, if it is text. */
export function sizeOf(data: string | Uint8Array | Blob): number {
  if (data instanceof Blob) return data.size;
  return typeof data === 'string' ? Buffer.byteLength(data) : data.length;
}

function copy(buffer: ArrayBufferLike, offset: number, size: number): Uint8Array<ArrayBuffer> {
  if (types.isSharedArrayBuffer(buffer)) throw new TypeError('the bytes are shared with other threads');
  // Not in the compiler's ES2023.
  if (Reflect.get(buffer, 'resizable') === true) throw new TypeError('the buffer can be resized');
  const bytes = new Uint8Array(size);
  // There may be no buffer beneath: it was given away to another thread.
  if (size > 0) bytes.set(new Uint8Array(buffer, offset, size));
  return bytes;
}
