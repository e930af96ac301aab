import { describeValue } from '../protocol/base/checks.ts';
import { LocalUsageError } from '../protocol/base/errors.ts';
import type { BlobLike, Chunk, MessageKind, ReadableStreamLike } from '../connections/sending/sendable.ts';
import type { WholePayload } from './links/link.ts';

const ENCODER = new TextEncoder();

/** Says whether something is one piece of a message. */
export function isChunk(data: unknown): data is Chunk {
  return typeof data === 'string' || ArrayBuffer.isView(data) || data instanceof ArrayBuffer;
}

/**
 * Takes something as a piece of a message, as its type says: text as a string, bytes as they are, or as a copy if they are shared.
 *
 * @throws {LocalUsageError} it is none, or bytes to be sent as text are not UTF-8
 */
export function toPayload(data: unknown, type: MessageKind | undefined): WholePayload {
  checkType(type);
  if (!isChunk(data)) {
    throw new LocalUsageError(`a piece of a message is ${describeValue(data)}, expected a string or bytes`);
  }
  if (typeof data === 'string') return type === 'binary' ? encode(data) : data;
  const bytes = toBytes(data);
  return type === 'text' ? decodeStrictly(bytes) : bytes;
}

/**
 * Checks a type of message, which may be missing.
 *
 * @throws {LocalUsageError} it is none
 */
export function checkType(type: unknown): void {
  if (type === undefined || type === 'text' || type === 'binary') return;
  throw new LocalUsageError(`type is ${describeValue(type)}, expected 'text' or 'binary'`);
}

/** Encodes text as UTF-8. */
export function encode(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(ENCODER.encode(text));
}

/** Gives the bytes of a view, without copying them unless they are shared. */
export function toBytes(data: ArrayBuffer | ArrayBufferView): Uint8Array<ArrayBuffer> {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  const { buffer, byteOffset, byteLength } = data;
  if (buffer instanceof ArrayBuffer) return new Uint8Array(buffer, byteOffset, byteLength);
  return new Uint8Array(new Uint8Array(buffer, byteOffset, byteLength));
}

/**
 * Gives the pieces of what is no single piece, one after the other.
 *
 * @throws {LocalUsageError} it is nothing that can be sent
 */
export function piecesOf(data: unknown): AsyncIterable<unknown> | Iterable<unknown> {
  if (isStream(data)) return readStream(data);
  if (isBlob(data)) return readStream(data.stream());
  if (isIterable(data)) return data;
  throw new LocalUsageError(
    `what is to be sent is ${describeValue(data)}, expected a string, bytes, a Blob, or an iterable or stream of these`,
  );
}

async function* readStream(stream: ReadableStreamLike<unknown>): AsyncGenerator<unknown, void, undefined> {
  const reader = stream.getReader();
  let isOver = false;
  try {
    while (!isOver) {
      const { done, value } = await reader.read();
      isOver = done;
      if (!done) yield value;
    }
  } finally {
    if (!isOver) reader.cancel().catch(() => undefined);
  }
}

function decodeStrictly(bytes: Uint8Array<ArrayBuffer>): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new LocalUsageError(
      `what is to be sent, of ${String(bytes.length)} bytes, is not UTF-8, and cannot be sent as text`,
    );
  }
}

function isStream(value: unknown): value is ReadableStreamLike<unknown> {
  return isObject(value) && 'getReader' in value && typeof value.getReader === 'function';
}

function isBlob(value: unknown): value is BlobLike {
  return isObject(value) && 'size' in value && 'stream' in value && typeof value.stream === 'function';
}

function isIterable(value: unknown): value is AsyncIterable<unknown> | Iterable<unknown> {
  return isObject(value) && (Symbol.asyncIterator in value || Symbol.iterator in value);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
