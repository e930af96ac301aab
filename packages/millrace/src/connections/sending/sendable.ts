import { isAnyArrayBuffer } from 'node:util/types';

import { LocalUsageError } from '../../protocol/base/errors.ts';
import { describeValue } from '../../protocol/base/checks.ts';
import { MessageType } from '../../protocol/base/opcode.ts';
import { nodeTextCodec } from '../../transport/node-text-codec.ts';

/** What a message is: text, which is UTF-8 on the wire, or bytes. */
export type MessageKind = 'text' | 'binary';

/** A piece of a message: text, or bytes in whatever view. It must not change after it was given away. */
export type Chunk = string | ArrayBuffer | ArrayBufferView;

/** A `Blob` or `File`, whichever library declares it. */
export interface BlobLike {
  readonly size: number;
  stream(): ReadableStreamLike<Uint8Array>;
}

/** A `ReadableStream` of the web, whichever library declares it. */
export interface ReadableStreamLike<Piece = Chunk> {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: Piece | undefined }>;
    cancel(reason?: unknown): Promise<void>;
  };
}

/** What a message can be made of: a piece that is all of it, a `Blob`, or pieces that come one after the other, as from a stream or a generator. */
export type Sendable = Chunk | BlobLike | ReadableStreamLike | Iterable<Chunk> | AsyncIterable<Chunk>;

/** Gives the bytes of a view without copying them. */
export function toBytes(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return new Uint8Array(data);
}

/** Says whether something is one piece. */
export function isChunk(data: unknown): data is Chunk {
  // Those of other realms, too, such as a test runner's.
  return typeof data === 'string' || ArrayBuffer.isView(data) || isAnyArrayBuffer(data);
}

/**
 * Takes something as a piece of a message.
 *
 * @throws {LocalUsageError} it is none
 */
export function toChunk(data: unknown): Chunk {
  if (isChunk(data)) return data;
  throw new LocalUsageError(`a piece of a message is ${describeValue(data)}, expected a string or bytes`);
}

/** A message that is there as a whole, ready to be sent. */
export interface WholeMessage {
  readonly payload: string | Uint8Array;
  readonly opcode: number;
}

/**
 * Makes a message of one piece.
 *
 * @param type - what to send it as; by default, strings are text and bytes are binary
 *
 * @throws {LocalUsageError} the type is none, or bytes to be sent as text are not UTF-8
 */
export function toWholeMessage(data: Chunk, type: MessageKind | undefined): WholeMessage {
  checkType(type);
  if (typeof data === 'string') {
    if (type === 'binary') return { payload: nodeTextCodec.encode(data), opcode: MessageType.BINARY };
    return { payload: data, opcode: MessageType.TEXT };
  }
  const payload = toBytes(data);
  if (type !== 'text') return { payload, opcode: MessageType.BINARY };
  if (nodeTextCodec.isUtf8(payload)) return { payload, opcode: MessageType.TEXT };
  throw new LocalUsageError(
    `what is to be sent, of ${String(payload.length)} bytes, is not UTF-8, and cannot be sent as text`,
  );
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

/**
 * Checks what an application says of compressing, which may be nothing.
 *
 * @throws {LocalUsageError} it is no boolean
 */
export function checkCompress(compress: unknown): void {
  if (compress === undefined || typeof compress === 'boolean') return;
  throw new LocalUsageError(`compress is ${describeValue(compress)}, expected true or false`);
}
