// Uses nothing but what every host of these programs has: Node, Bun, Deno and the browser.
import type { MessageContent, ReceivedMessage } from './convention.ts';

/** A message as JavaScript peers take and give it: text, or bytes. */
export type Data = string | Uint8Array<ArrayBuffer>;

/** Makes the message that a client sends. */
export function createMessage({ binary, unit, size }: MessageContent): Data {
  const unitBytes = binary ? Uint8Array.from(unit, (character) => character.charCodeAt(0)) : toBytes(unit);
  const count = Math.floor(size / unitBytes.length);
  if (!binary) return unit.repeat(count) + 'x'.repeat(size - count * unitBytes.length);

  const bytes = new Uint8Array(size).fill('x'.charCodeAt(0));
  for (let index = 0; index < count; index++) bytes.set(unitBytes, index * unitBytes.length);
  return bytes;
}

/** The bytes of a message. */
export function toBytes(data: Data): Uint8Array<ArrayBuffer> {
  return typeof data === 'string' ? new TextEncoder().encode(data) : data;
}

/** The message that some bytes are. */
export function toData(bytes: Uint8Array<ArrayBuffer>, binary: boolean): Data {
  return binary ? bytes : new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

/** Cuts bytes into so many pieces of about the same size. */
export function cut(bytes: Uint8Array<ArrayBuffer>, count: number): Uint8Array<ArrayBuffer>[] {
  const cutAt = (index: number): number => Math.floor((index * bytes.length) / count);
  return Array.from({ length: count }, (_, index) => bytes.subarray(cutAt(index), cutAt(index + 1)));
}

/** What a report says of a message. */
export async function describeMessage(data: Data): Promise<ReceivedMessage> {
  const bytes = toBytes(data);
  return { binary: typeof data !== 'string', size: bytes.length, sha256: await sha256(bytes) };
}

/** The SHA-256 of some bytes, in hexadecimal. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Joins pieces. */
export function join(pieces: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    joined.set(piece, offset);
    offset += piece.length;
  }
  return joined;
}

/** Random bytes; browsers make no more than 64 KiB of them at a time. */
export function randomBytes(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let start = 0; start < size; start += 65_536) crypto.getRandomValues(bytes.subarray(start, start + 65_536));
  return bytes;
}
