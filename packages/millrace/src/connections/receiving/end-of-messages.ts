import { CloseCode } from '../../protocol/base/close-code.ts';
import type { Closure } from '../../protocol/base/closure.ts';
import { TransportError } from '../../protocol/base/errors.ts';

/** Codes with which a peer says that it was done. */
const FAREWELLS: readonly number[] = [CloseCode.NORMAL_CLOSURE, CloseCode.GOING_AWAY, CloseCode.NO_STATUS_RECEIVED];

/**
 * Says whether the end of a connection is the end of its messages, as far as this side is concerned: whoever reads them has missed nothing that it wanted.
 *
 * It is, if the application has closed the connection and nothing of ours has failed, however the peer took it; and if the peer has closed it cleanly with 1000,
 * 1001 or no code. Otherwise a loop that simply ended would hide that something is missing.
 */
export function isEndOfMessages({ error, initiator, wasClean, code }: Closure): boolean {
  // A violation, a limit, an error of a handler; that the transport was lost depends on who wanted the end.
  if (error !== undefined && !(error instanceof TransportError)) return false;
  return initiator === 'application' || (wasClean && FAREWELLS.includes(code));
}
