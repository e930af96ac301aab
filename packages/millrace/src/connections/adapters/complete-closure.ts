import { CloseCode } from '../../protocol/base/close-code.ts';
import type { Closure } from '../../protocol/base/closure.ts';
import { ConnectionClosedError } from '../../protocol/base/errors.ts';

/**
 * Says whether a connection ended as one does that has carried all bytes of a stream: with 1000, or without a code. Any other code, 1001 too, says that
 * its sender was not done.
 */
export function isComplete({ wasClean, code }: Closure): boolean {
  return wasClean && (code === CloseCode.NORMAL_CLOSURE || code === CloseCode.NO_STATUS_RECEIVED);
}

/**
 * Waits for the end of a connection.
 *
 * @throws {ConnectionClosedError} it did not end as {@link isComplete} has it
 */
export async function expectComplete(closed: Promise<Closure>): Promise<void> {
  const closure = await closed;
  if (!isComplete(closure)) throw new ConnectionClosedError(closure);
}
