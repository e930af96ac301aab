import { isValidCloseCode } from 'millrace/protocol';

/** Longest reason of a Close, in bytes. */
const MAX_REASON = 123;

/**
 * Checks what is to stand in a Close, as `ws` does.
 *
 * @throws {TypeError} the code may not be sent, or the reason is neither text nor bytes
 * @throws {RangeError} the reason is longer than 123 bytes
 */
export function checkCloseArguments(
  code: unknown,
  reason: unknown,
): { readonly code: number | undefined; readonly reason: string } {
  if (code === undefined) return { code, reason: '' };
  if (typeof code !== 'number' || !isValidCloseCode(code)) {
    throw new TypeError('First argument must be a valid error code number');
  }
  if (reason === undefined) return { code, reason: '' };
  const isBytes = reason instanceof Uint8Array;
  if (typeof reason !== 'string' && !isBytes) {
    throw new TypeError('Second argument must be a string or a Uint8Array');
  }
  if (Buffer.byteLength(reason) > MAX_REASON) {
    throw new RangeError('The message must not be greater than 123 bytes');
  }
  return { code, reason: isBytes ? Buffer.from(reason).toString() : reason };
}
