import { createHash } from 'node:crypto';

import type { MessageContent, ReceivedMessage } from './test-case.ts';

/** The bytes of the message of a case. */
export function createPayload({ binary, unit, size }: MessageContent): Uint8Array {
  const bytes = Buffer.alloc(size, 'x');
  const pattern = Buffer.from(unit, binary ? 'latin1' : 'utf8');
  bytes.fill(pattern, 0, size - (size % pattern.length));
  return new Uint8Array(bytes.buffer, bytes.byteOffset, size);
}

/** Cuts bytes into so many pieces of about the same size. */
export function cut(bytes: Uint8Array, count: number): Uint8Array[] {
  const cutAt = (index: number): number => Math.floor((index * bytes.length) / count);
  return Array.from({ length: count }, (_, index) => bytes.subarray(cutAt(index), cutAt(index + 1)));
}

/** What a report says of a message. */
export function describeMessage(payload: Uint8Array, binary: boolean): ReceivedMessage {
  return { binary, size: payload.length, sha256: createHash('sha256').update(payload).digest('hex') };
}
