import { memberOf, toEnforcedUnsignedShort, toUSVString } from './conversions.ts';

/** Code and reason with which a {@link WebSocketStream} is closed, or was. */
export interface WebSocketCloseInfo {
  /** 1000 or 3000 to 4999 to close with; 1005 where the peer sent none. */
  readonly closeCode?: number | undefined;
  /** At most 123 bytes of UTF-8 to close with. */
  readonly reason?: string | undefined;
}

/** Code and reason of a Close frame to send. */
export interface CheckedCloseInfo {
  /** `undefined` for a frame without a body. */
  readonly code: number | undefined;
  readonly reason: string;
}

/** Longest reason of a Close frame, in bytes of UTF-8 (RFC 6455 §5.5). */
const MAX_REASON = 123;

/**
 * Converts a dictionary `WebSocketCloseInfo`, and checks it as {@link checkCloseInfo} does.
 *
 * @throws {TypeError} it is no dictionary, or the code is not from 0 to 65535
 * @throws {DOMException} as {@link checkCloseInfo}
 */
export function toCloseInfo(value: unknown): CheckedCloseInfo {
  const code = memberOf(value, 'closeCode');
  const reason = memberOf(value, 'reason');
  return checkCloseInfo(
    code === undefined ? undefined : toEnforcedUnsignedShort(code),
    reason === undefined ? '' : toUSVString(reason),
  );
}

/**
 * Checks what an application wants to close with. A reason without a code has the code 1000.
 *
 * @throws {DOMException} `InvalidAccessError` if the code is neither 1000 nor from 3000 to 4999; `SyntaxError` if the reason is over 123
 *   bytes
 *
 * @see WHATWG WebSockets §3.1, "close the WebSocket"
 */
export function checkCloseInfo(code: number | undefined, reason: string): CheckedCloseInfo {
  if (!isAllowedCode(code)) {
    throw new DOMException(`close code is ${String(code)}, expected 1000 or 3000 to 4999`, 'InvalidAccessError');
  }
  const size = Buffer.byteLength(reason);
  if (size > MAX_REASON) {
    throw new DOMException(`close reason has ${String(size)} bytes, expected at most ${MAX_REASON}`, 'SyntaxError');
  }
  return { code: code ?? (reason === '' ? undefined : 1000), reason };
}

/** Says whether a Close frame of an application may have this code; it may also have none. */
export function isAllowedCode(code: number | undefined): boolean {
  return code === undefined || code === 1000 || (code >= 3000 && code <= 4999);
}
