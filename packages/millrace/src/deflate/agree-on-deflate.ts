import { ClaimTable } from '../protocol/extension/claims.ts';
import type { Agreed } from '../protocol/extension/negotiate.ts';
import { processContexts } from './contexts.ts';
import type { DeflateAgreement } from './negotiation.ts';
import { resolveCompressionOptions, type CompressionOptions } from './options.ts';
import { CLAIM, DeflateSession } from './permessage-deflate.ts';

export type { DeflateAgreement } from './negotiation.ts';

const NAME = 'permessage-deflate';

/** What is claimed on a connection that has this extension alone: the same for all of them, and never added to. */
const claims = new ClaimTable();
claims.claim(`the extension ${NAME}`, CLAIM);

/**
 * Has connections compress as somebody else has agreed with the peer (RFC 7692 §7.1), for a façade that has its own way to negotiate. No other extension can be
 * agreed on beside it.
 *
 * @param agreement - the parameters of the response, and what they mean for the two sides
 * @param options - how to compress; its four parameters of the negotiation are without effect
 *
 * @throws {LocalUsageError} an option has a value that it cannot have
 */
export function agreeOnDeflate(agreement: DeflateAgreement, options: CompressionOptions | true): Agreed {
  const resolved = resolveCompressionOptions(options);
  const { parameters } = agreement;
  const createSession = (): DeflateSession => new DeflateSession(processContexts, resolved, agreement);
  return {
    extensions: [{ parameters, claim: CLAIM, createSession }],
    answer: [{ name: NAME, parameters }],
    claims,
  };
}

/**
 * Says whether there is memory for what one more peer may refer back to, in the budget for the whole process. Where there is none, it should be asked to compress
 * each message by itself.
 *
 * @param windowBits - its window, 2 to the power of this
 * @param memoryBudget - `memoryBudget` of `CompressionOptions`
 */
export function mayKeepHistory(windowBits: number, memoryBudget?: number): boolean {
  return processContexts.mayPromise(windowBits, resolveCompressionOptions({ memoryBudget }).memoryBudget);
}
