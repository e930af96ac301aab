import type { ExtensionParameter } from '../protocol/base/extension-parameter.ts';
import type { ReservedClaim } from '../protocol/extension/claims.ts';
import type { AgreedExtension, Extension, ExtensionSession } from '../protocol/extension/extension.ts';
import { processContexts, type Contexts } from './contexts.ts';
import { DeflateTransform } from './deflate-transform.ts';
import { COMPRESSED_BIT, InflateTransform } from './inflate-transform.ts';
import {
  acceptDeflateAnswer,
  answerDeflateOffer,
  createDeflateOffers,
  type DeflateAgreement,
  type HistoryCheck,
} from './negotiation.ts';
import { resolveCompressionOptions, type CompressionOptions, type ResolvedCompressionOptions } from './options.ts';
import { SMALLEST_WINDOW_BITS } from './parameters.ts';

/** Below this, in bytes, a message is hardly worth the work: with the history of others, and without. See docs/decisions.md. */
const THRESHOLD_WITH_HISTORY = 64;
const THRESHOLD_WITHOUT = 512;

/** The claim of the extension, one for all connections. */
export const CLAIM: ReservedClaim = Object.freeze({ firstFrameBits: COMPRESSED_BIT });

/**
 * Makes the extension permessage-deflate (RFC 7692), for any number of clients and servers.
 *
 * @param options - `true` has all defaults
 *
 * @throws {LocalUsageError} an option has a value that it cannot have
 */
export function createPermessageDeflate(options: CompressionOptions | true = true): Extension {
  return new PermessageDeflate(resolveCompressionOptions(options), processContexts);
}

/** permessage-deflate (RFC 7692). Messages that are compressed have RSV1 on their first frame; each may be, or not. */
export class PermessageDeflate implements Extension {
  readonly name = 'permessage-deflate';
  readonly #options: ResolvedCompressionOptions;
  readonly #contexts: Contexts;
  readonly #hasMemory: HistoryCheck;

  constructor(options: ResolvedCompressionOptions, contexts: Contexts) {
    this.#options = options;
    this.#contexts = contexts;
    this.#hasMemory = (windowBits) => contexts.mayPromise(windowBits, options.memoryBudget);
  }

  createOffers(): readonly (readonly ExtensionParameter[])[] {
    return createDeflateOffers(this.#options, this.#hasMemory);
  }

  answerOffer(offer: readonly ExtensionParameter[]): AgreedExtension | undefined {
    const agreement = answerDeflateOffer(offer, this.#options, this.#hasMemory);
    return agreement === undefined ? undefined : this.#agree(agreement);
  }

  acceptAnswer(answer: readonly ExtensionParameter[]): AgreedExtension {
    return this.#agree(acceptDeflateAnswer(answer, this.#options));
  }

  #agree(agreement: DeflateAgreement): AgreedExtension {
    return {
      parameters: agreement.parameters,
      claim: CLAIM,
      createSession: () => new DeflateSession(this.#contexts, this.#options, agreement),
    };
  }
}

/** permessage-deflate on one connection. */
export class DeflateSession implements ExtensionSession {
  readonly receive: InflateTransform;
  /** Missing if the peer's window is too small for zlib: then nothing is compressed. */
  readonly send: DeflateTransform | undefined;
  readonly #contexts: Contexts;
  /** The window of the peer whose history is to be kept. */
  #promisedBits: number | undefined;

  constructor(contexts: Contexts, options: ResolvedCompressionOptions, { local, remote }: DeflateAgreement) {
    this.#contexts = contexts;
    this.receive = new InflateTransform(contexts.inflaters(remote.windowBits), remote.keepsHistory);
    this.#promisedBits = remote.keepsHistory ? remote.windowBits : undefined;
    if (this.#promisedBits !== undefined) contexts.promise(this.#promisedBits);

    if (local.windowBits < SMALLEST_WINDOW_BITS) return;
    const { level, memLevel, memoryBudget } = options;
    const { windowBits, keepsHistory } = local;
    const threshold = options.threshold ?? (keepsHistory ? THRESHOLD_WITH_HISTORY : THRESHOLD_WITHOUT);
    const settings = { windowBits, level, memLevel };
    this.send = new DeflateTransform(contexts, { settings, keepsHistory, threshold, memoryBudget });
  }

  close(): void {
    this.receive.close();
    this.send?.close();
    if (this.#promisedBits !== undefined) this.#contexts.release(this.#promisedBits);
    this.#promisedBits = undefined;
  }
}
