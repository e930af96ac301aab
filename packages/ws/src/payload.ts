import { EMPTY } from './empty.ts';

/** Anything with the methods of a `Blob`, whoever has made it. */
export interface BlobLike {
  readonly size: number;
  readonly type: string;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** Whether a value is a `Blob` or a `File`. */
export function isBlob(value: unknown): value is BlobLike {
  if (typeof value !== 'object' || value === null) return false;
  if (!('arrayBuffer' in value && 'stream' in value && 'type' in value)) return false;
  if (typeof value.arrayBuffer !== 'function' || typeof value.stream !== 'function') return false;
  const tag: unknown = Reflect.get(value, Symbol.toStringTag);
  return typeof value.type === 'string' && (tag === 'Blob' || tag === 'File');
}

/** The bytes of whatever can be made a `Buffer` of, without a copy where they are bytes already. */
export function toBytes(data: unknown): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (typeof data === 'string') return Buffer.from(data);
  // What is of no use, it tells of better than we could.
  const from: unknown = Reflect.get(Buffer, 'from');
  const made: unknown = typeof from === 'function' ? Reflect.apply(from, Buffer, [data]) : undefined;
  return made instanceof Uint8Array ? made : EMPTY;
}
