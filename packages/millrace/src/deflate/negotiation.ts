import { HandshakeError } from '../protocol/base/errors.ts';
import type { ExtensionParameter } from '../protocol/base/extension-parameter.ts';
import type { ResolvedCompressionOptions } from './options.ts';
import {
  LARGEST_WINDOW_BITS,
  SMALLEST_WINDOW_BITS,
  readParameters,
  writeParameters,
  type DeflateParameters,
} from './parameters.ts';

/**
 * The window for compressing where nobody asks for another: 8 KiB are within 6 % of the 32 KiB that are usual, for JSON, and take half of the memory.
 * The figures are in docs/decisions.md.
 */
export const DEFAULT_WINDOW_BITS = 13;

/** How one side compresses. */
export interface CompressingSide {
  /** It refers back at most 2 to the power of this, in bytes: 8 to 15. */
  readonly windowBits: number;
  /** It refers back to messages before. */
  readonly keepsHistory: boolean;
}

/** What both sides have agreed on. */
export interface DeflateAgreement {
  /** The parameters of the answer. */
  readonly parameters: readonly ExtensionParameter[];
  readonly local: CompressingSide;
  readonly remote: CompressingSide;
}

/** Says whether there is memory for the history of one more peer, whose window is 2 to the power of this. */
export type HistoryCheck = (windowBits: number) => boolean;

/**
 * What a client offers: what it would like to have, then with less and less of what a server need not support (RFC 7692 §7.1.1.1, §7.1.2.1).
 *
 * A server may always limit the window of the client.
 */
export function createDeflateOffers(
  options: ResolvedCompressionOptions,
  hasMemory: HistoryCheck,
): readonly (readonly ExtensionParameter[])[] {
  const { serverMaxWindowBits, clientMaxWindowBits, clientNoContextTakeover } = options;
  const preferred: DeflateParameters = {
    serverNoContextTakeover: options.serverNoContextTakeover || !hasMemory(serverMaxWindowBits ?? LARGEST_WINDOW_BITS),
    clientNoContextTakeover,
    serverMaxWindowBits,
    clientMaxWindowBits: clientMaxWindowBits ?? true,
  };
  const withAnyWindow: DeflateParameters = { ...preferred, serverMaxWindowBits: undefined };
  const plain: DeflateParameters = { ...withAnyWindow, serverNoContextTakeover: false, clientMaxWindowBits: true };

  const offers = [preferred, withAnyWindow, plain].map(writeParameters);
  const texts = offers.map((offer) => JSON.stringify(offer));
  return offers.filter((_, index) => texts.indexOf(texts[index]!) === index);
}

/**
 * Answers an offer, as a server (RFC 7692 §7.1).
 *
 * @returns `undefined` if it is not valid, or if its window is too small for zlib
 */
export function answerDeflateOffer(
  offer: readonly ExtensionParameter[],
  options: ResolvedCompressionOptions,
  hasMemory: HistoryCheck,
): DeflateAgreement | undefined {
  const offered = readParameters(offer, 'offer');
  if (typeof offered === 'string') return undefined;
  const serverBits = Math.min(
    options.serverMaxWindowBits ?? DEFAULT_WINDOW_BITS,
    offered.serverMaxWindowBits ?? LARGEST_WINDOW_BITS,
  );
  if (serverBits < SMALLEST_WINDOW_BITS) return undefined;

  const clientBits = limitClient(offered.clientMaxWindowBits, options.clientMaxWindowBits ?? DEFAULT_WINDOW_BITS);
  const isClientAlone = offered.clientNoContextTakeover || options.clientNoContextTakeover;
  const answer: DeflateParameters = {
    serverNoContextTakeover: offered.serverNoContextTakeover || options.serverNoContextTakeover,
    clientNoContextTakeover: isClientAlone || !hasMemory(clientBits ?? LARGEST_WINDOW_BITS),
    serverMaxWindowBits: tellServerBits(offered.serverMaxWindowBits, serverBits),
    clientMaxWindowBits: clientBits,
  };
  return {
    parameters: writeParameters(answer),
    local: { windowBits: serverBits, keepsHistory: !answer.serverNoContextTakeover },
    remote: { windowBits: clientBits ?? LARGEST_WINDOW_BITS, keepsHistory: !answer.clientNoContextTakeover },
  };
}

/** An offer with a window wants one in the answer; otherwise the largest goes without saying. */
function tellServerBits(offered: number | undefined, bits: number): number | undefined {
  return offered === undefined && bits === LARGEST_WINDOW_BITS ? undefined : bits;
}

/** The window that a client is to use; it can be told only if it has said so. */
function limitClient(offered: number | true | undefined, preferred: number): number | undefined {
  return offered === undefined ? undefined : Math.min(preferred, offered === true ? LARGEST_WINDOW_BITS : offered);
}

/**
 * Takes the answer to {@link createDeflateOffers}, as a client.
 *
 * @throws {HandshakeError} it is not valid (RFC 7692 §7.1)
 */
export function acceptDeflateAnswer(
  answer: readonly ExtensionParameter[],
  options: ResolvedCompressionOptions,
): DeflateAgreement {
  const answered = readParameters(answer, 'answer');
  if (typeof answered === 'string') {
    throw new HandshakeError(`the server's answer to permessage-deflate is not valid: ${answered} (RFC 7692 §7.1)`);
  }
  const { clientMaxWindowBits: limit, serverMaxWindowBits = LARGEST_WINDOW_BITS } = answered;
  return {
    parameters: writeParameters(answered),
    local: {
      windowBits: Math.min(
        options.clientMaxWindowBits ?? DEFAULT_WINDOW_BITS,
        typeof limit === 'number' ? limit : LARGEST_WINDOW_BITS,
      ),
      keepsHistory: !answered.clientNoContextTakeover && !options.clientNoContextTakeover,
    },
    remote: { windowBits: serverMaxWindowBits, keepsHistory: !answered.serverNoContextTakeover },
  };
}
