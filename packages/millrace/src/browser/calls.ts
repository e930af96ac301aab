import type { MessageKind } from '../connections/sending/sendable.ts';
import { LocalUsageError } from '../protocol/base/errors.ts';
import { encode } from './payload.ts';

/** How a call waits. */
export interface BrowserWaitOptions {
  /** Ends the waiting, which fails with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** How `send` sends. */
export interface BrowserSendOptions extends BrowserWaitOptions {
  /** Whether the message is text or binary; by default, strings are text and bytes are binary. */
  readonly type?: MessageKind | undefined;
  /** The browser decides about it. */
  readonly compress?: boolean | undefined;
}

/**
 * Checks what a page wants to close with.
 *
 * @throws {LocalUsageError} browsers do not take it
 */
export function checkFarewell(code: unknown, reason: string): void {
  const isAllowed =
    typeof code === 'number' && Number.isInteger(code) && (code === 1000 || (code >= 3000 && code < 5000));
  if (!isAllowed) {
    throw new LocalUsageError(`close code is ${String(code)}, expected 1000, or 3000 to 4999: browsers take no other`);
  }
  const size = encode(reason).length;
  if (size > 123) throw new LocalUsageError(`close reason is ${String(size)} bytes long, expected at most 123`);
}
