import type { Payload } from '../model/frame.ts';

const encoder = new TextEncoder();

/** Reads spaced hex. */
export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

/** Writes spaced hex. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

/** Makes the bytes that a {@link Payload} describes. */
export function payloadBytes(payload: Payload | undefined): Uint8Array {
  if (payload === undefined) return new Uint8Array(0);
  if ('text' in payload) return encoder.encode(payload.text);
  if ('hex' in payload) return fromHex(payload.hex);
  return new Uint8Array(Buffer.alloc(payload.size, fromHex(payload.fill)));
}

/** Size in bytes of what a {@link Payload} describes. */
export function payloadSize(payload: Payload | undefined): number {
  return payload !== undefined && 'size' in payload ? payload.size : payloadBytes(payload).length;
}

/** Says whether two byte sequences are the same. */
export function equalBytes(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

/** Joins byte sequences. */
export function concatBytes(pieces: readonly Uint8Array[]): Uint8Array {
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}
