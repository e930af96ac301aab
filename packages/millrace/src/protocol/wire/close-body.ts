import { checkString } from '../base/checks.ts';
import { isSendableCloseCode, isValidCloseCode } from '../base/close-code.ts';
import type { CloseBody } from '../base/closure.ts';
import { InvalidPayloadError, LocalUsageError, RemoteProtocolError } from '../base/errors.ts';
import { MAX_CONTROL_PAYLOAD } from './frame-header.ts';
import { portableTextCodec as text } from './text-codec.ts';

/** Longest reason of a Close frame, in bytes of UTF-8: a control payload less the code. */
export const MAX_CLOSE_REASON: number = MAX_CONTROL_PAYLOAD - 2;

/**
 * Decodes the body of a received Close frame, whose length is not 1.
 *
 * @throws {RemoteProtocolError} the code may not be on the wire (RFC 6455 §7.4)
 * @throws {InvalidPayloadError} the reason is not UTF-8 (RFC 6455 §5.5.1)
 */
export function decodeCloseBody(payload: Uint8Array): CloseBody {
  if (payload.length === 0) return { code: undefined, reason: '' };
  const code = (payload[0]! << 8) | payload[1]!;
  if (!isValidCloseCode(code)) throw new RemoteProtocolError(`close code ${String(code)}`, 'RFC 6455 §7.4');
  const reason = payload.subarray(2);
  if (!text.isUtf8(reason)) throw new InvalidPayloadError('close reason is not UTF-8', 'RFC 6455 §5.5.1');
  return { code, reason: text.decode(reason) };
}

/** Encodes the body of a Close frame, which {@link checkCloseBody} has found valid. */
export function encodeCloseBody(body: CloseBody): Uint8Array {
  const { code } = body;
  if (code === undefined) return new Uint8Array(0);
  const reason = text.encode(body.reason);
  const payload = new Uint8Array(2 + reason.length);
  payload[0] = code >>> 8;
  payload[1] = code;
  payload.set(reason, 2);
  return payload;
}

const SENDABLE_CODES = {
  client: '1000–1003, 1007–1014 or 3000–4999',
  server: '1000–1003, 1007–1009, 1011–1014 or 3000–4999',
} as const;

/**
 * Checks what an application wants to say in a Close frame.
 *
 * @throws {LocalUsageError} this side may not send `code` (RFC 6455 §7.4), the reason is over {@link MAX_CLOSE_REASON}
 *   bytes or no text, or it comes without a code
 */
export function checkCloseBody(body: CloseBody, role: 'client' | 'server'): void {
  const { code, reason } = body;
  checkString('close reason', reason);
  if (code === undefined) {
    if (reason !== '') throw new LocalUsageError(`close reason ${JSON.stringify(reason)} comes without a code`);
    return;
  }
  if (!isSendableCloseCode(code, role)) {
    throw new LocalUsageError(
      `close code is ${String(code)}, expected one that a ${role} may send: ${SENDABLE_CODES[role]}`,
    );
  }
  const size = text.encode(reason).length;
  if (size > MAX_CLOSE_REASON) {
    throw new LocalUsageError(`close reason has ${String(size)} bytes, expected at most ${String(MAX_CLOSE_REASON)}`);
  }
}

/** Cuts a reason to {@link MAX_CLOSE_REASON} bytes of UTF-8, between two code points. */
export function truncateCloseReason(reason: string): string {
  const bytes = text.encode(reason);
  if (bytes.length <= MAX_CLOSE_REASON) return text.decode(bytes);
  let end = MAX_CLOSE_REASON;
  while ((bytes[end]! & 0xc0) === 0x80) end--;
  return text.decode(bytes.subarray(0, end));
}
