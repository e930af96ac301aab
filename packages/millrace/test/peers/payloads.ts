import { randomBytes } from '../helpers/random.ts';

export const MIB: number = 1024 * 1024;

/** Sizes of messages: around the three forms of the length, and large ones. */
export const SIZES: readonly number[] = [0, 1, 125, 126, 65_535, 65_536, MIB, 8 * MIB];

const made = new Map<number, Uint8Array>();

/** `size` random bytes, made once. */
export function someBytes(size: number): Uint8Array {
  const bytes = made.get(size) ?? randomBytes(size, size + 1);
  made.set(size, bytes);
  return bytes;
}

/** `size` letters. */
export function letters(size: number): string {
  return 'abcdefghijklmnopqrstuvwxyz'.repeat(Math.ceil(size / 26)).slice(0, size);
}

/** Whether a payload is these bytes. */
export function same(payload: string | Uint8Array, bytes: Uint8Array): boolean {
  return typeof payload !== 'string' && Buffer.compare(payload, bytes) === 0;
}
