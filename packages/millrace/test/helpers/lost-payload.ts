import { randomBytes } from './random.ts';

/** What can become of memory after it was given away. */
export type Loss = 'detached' | 'shrunk' | 'shrunk, by a view that tracks it';

/** All of it. */
export const LOSSES: readonly Loss[] = ['detached', 'shrunk', 'shrunk, by a view that tracks it'];

/** Bytes that can get lost. */
export interface LosablePayload {
  readonly bytes: Uint8Array;
  /** Has them get lost. */
  readonly lose: () => void;
}

/** Makes `size` bytes that can get lost. */
export function losablePayload(loss: Loss, size: number): LosablePayload {
  if (loss === 'detached') {
    const bytes = randomBytes(size, 1);
    return { bytes, lose: () => void structuredClone(bytes.buffer, { transfer: [bytes.buffer] }) };
  }
  const { buffer, resize } = resizableBuffer(size, size);
  const bytes = loss === 'shrunk' ? new Uint8Array(buffer, 0, size) : new Uint8Array(buffer);
  bytes.set(randomBytes(size, 1));
  return { bytes, lose: () => resize(1) };
}

/** Makes `size` bytes whose view grows with its memory. */
export function growingPayload(size: number): { readonly bytes: Uint8Array; readonly grow: () => void } {
  const { buffer, resize } = resizableBuffer(size, 2 * size);
  const bytes = new Uint8Array(buffer);
  bytes.set(randomBytes(size, 1));
  return { bytes, grow: () => resize(2 * size) };
}

/** A buffer that can be resized, which the types of this project do not know. */
function resizableBuffer(size: number, maxByteLength: number): { buffer: ArrayBuffer; resize: (size: number) => void } {
  const buffer = Reflect.construct(ArrayBuffer, [size, { maxByteLength }]) as ArrayBuffer;
  const resize = Reflect.get(buffer, 'resize') as (size: number) => void;
  return { buffer, resize: (newSize) => resize.call(buffer, newSize) };
}
