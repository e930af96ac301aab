import { LocalUsageError } from '../protocol/base/errors.ts';
import { PreparedMessage } from '../protocol/send/prepared-message.ts';
import { nodeTextCodec } from '../transport/node-text-codec.ts';
import { checkBoolean, describeValue } from '../protocol/base/checks.ts';

/**
 * Checks what an application wants to send as a message, and makes bytes of it.
 *
 * @param binary - whether to send it as binary; by default, bytes are and text is not
 *
 * @throws {LocalUsageError} it is neither text nor a `Uint8Array`, or bytes to be sent as text are not UTF-8
 */
export function checkPayload(
  payload: string | Uint8Array,
  binary: boolean | undefined,
): { readonly bytes: Uint8Array; readonly isBinary: boolean } {
  checkBoolean('binary', binary);
  const isBinary = binary ?? typeof payload !== 'string';
  if (typeof payload === 'string') return { bytes: nodeTextCodec.encode(payload), isBinary };
  checkBytes(payload);
  if (!isBinary) checkText(payload);
  return { bytes: payload, isBinary };
}

/**
 * Checks that a payload is bytes.
 *
 * @throws {LocalUsageError} it is no `Uint8Array` (of which a Node `Buffer` is one)
 */
export function checkBytes(payload: unknown): void {
  if (payload instanceof Uint8Array) return;
  throw new LocalUsageError(
    `payload is ${describeValue(payload)}, expected a Uint8Array, or a string where text is meant`,
  );
}

/**
 * Checks that bytes can be sent as text.
 *
 * @throws {LocalUsageError} they are not UTF-8 (RFC 6455 §5.6)
 */
export function checkText(payload: Uint8Array): void {
  if (nodeTextCodec.isUtf8(payload)) return;
  throw new LocalUsageError(`payload of ${String(payload.length)} bytes is not UTF-8, and cannot be sent as text`);
}

/**
 * Checks that something was made by `prepareMessage`.
 *
 * @throws {LocalUsageError} it was not
 */
export function checkPrepared(prepared: unknown): void {
  if (prepared instanceof PreparedMessage) return;
  throw new LocalUsageError(`prepared message is ${describeValue(prepared)}, expected what prepareMessage returned`);
}
