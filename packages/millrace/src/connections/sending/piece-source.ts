import { Readable } from 'node:stream';

import { describeValue } from '../../protocol/base/checks.ts';
import { LocalUsageError } from '../../protocol/base/errors.ts';
import { handled } from '../../engine/deferred.ts';
import type { BlobLike, Chunk, ReadableStreamLike, Sendable } from './sendable.ts';

type PieceResult = { readonly done?: boolean | undefined; readonly value?: unknown };

/** Gives what should be the pieces of a message, one after the other. */
export interface PieceSource {
  next(): PieceResult | Promise<PieceResult>;
  /** Tells it that nothing more will be asked of it, also while it is asked. What it answers is of no interest. */
  stop(): void;
}

/**
 * Opens what is no single piece.
 *
 * @throws {LocalUsageError} it is nothing that can be sent
 */
export function openSource(data: Exclude<Sendable, Chunk>): PieceSource {
  if (isStream(data)) return sourceOfStream(data);
  if (isBlob(data)) return sourceOfStream(data.stream());
  if (data instanceof Readable) return sourceOfReadable(data);
  if (isObject(data)) {
    if (Symbol.asyncIterator in data) return sourceOfIterator(data[Symbol.asyncIterator]());
    if (Symbol.iterator in data) return sourceOfIterator(data[Symbol.iterator]());
  }
  throw new LocalUsageError(
    `what is to be sent is ${describeValue(data)}, expected a string, bytes, a Blob, or an iterable or stream of these`,
  );
}

/** Not by its iterator, which cannot be stopped while it waits. */
function sourceOfStream(stream: ReadableStreamLike<unknown>): PieceSource {
  const reader = stream.getReader();
  return {
    next: () => reader.read(),
    stop: () => void handled(reader.cancel()),
  };
}

function sourceOfReadable(readable: Readable): PieceSource {
  const iterator: AsyncIterator<unknown> = readable[Symbol.asyncIterator]();
  // Its iterator listens from the first piece on. It tells of what failed before, too, which must not end the process.
  readable.on('error', ignore);
  return { next: () => iterator.next(), stop: () => void readable.destroy() };
}

function sourceOfIterator(iterator: AsyncIterator<unknown> | Iterator<unknown>): PieceSource {
  const stop = async (): Promise<void> => {
    await iterator.return?.();
  };
  return { next: () => iterator.next(), stop: () => void handled(stop()) };
}

/** By what it can do: those of other realms and other libraries, too. */
function isStream(value: unknown): value is ReadableStreamLike {
  return isObject(value) && 'getReader' in value && typeof value.getReader === 'function';
}

function isBlob(value: unknown): value is BlobLike {
  return isObject(value) && 'size' in value && 'stream' in value && typeof value.stream === 'function';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function ignore(): void {
  // Whoever asks for the next piece learns of it.
}
