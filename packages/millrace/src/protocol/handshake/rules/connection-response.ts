import { quote } from '../../base/checks.ts';
import { parseExtensionOffers } from './extension-offer.ts';
import type { ExtensionOffer } from './extension-offer.ts';
import type { DistinctHeaderFields, HeaderFields } from './header-fields.ts';

/** A server's opening handshake, found valid. Frozen. */
export interface ConnectionResponse {
  /** Address of the server's end of the transport, such as `192.0.2.1:443`; empty where it has none. */
  readonly peer: string;
  readonly headers: HeaderFields;
  /** The values of each header field, line by line: `Set-Cookie` cannot be joined. */
  readonly headersDistinct: DistinctHeaderFields;
  /** The subprotocol that the server chose, or `undefined` if it chose none. */
  readonly subprotocol: string | undefined;
  /** The extensions that the server accepted. */
  readonly extensions: readonly ExtensionOffer[];
}

/** What a client has offered. */
export interface ClientOffer {
  readonly subprotocols: readonly string[];
  /** The `Sec-WebSocket-Extensions` that were sent, or `undefined` if there were none. */
  readonly extensions: string | undefined;
}

/** What a server took of a {@link ClientOffer}. */
export type Agreement = Pick<ConnectionResponse, 'subprotocol' | 'extensions'>;

/**
 * Reads what a server took of what was offered. The parameters of extensions are not judged here: the extensions do that.
 *
 * @returns what is wrong, in words, if it took anything else
 *
 * @see RFC 6455 §4.1, from "Once the client's opening handshake has been sent"
 */
export function readAgreement(fields: HeaderFields, offer: ClientOffer): Agreement | string {
  const subprotocol = fields['sec-websocket-protocol'];
  if (subprotocol !== undefined && !offer.subprotocols.includes(subprotocol)) {
    return `the server chose subprotocol ${quote(subprotocol)}, which was not offered`;
  }
  const extensions = readExtensions(fields['sec-websocket-extensions'], offer.extensions);
  return typeof extensions === 'string' ? extensions : { subprotocol, extensions };
}

/** The accepted extensions, or what is wrong with them. */
function readExtensions(value: string | undefined, sent: string | undefined): readonly ExtensionOffer[] | string {
  if (value === undefined) return [];
  const accepted = parseExtensionOffers(value);
  if (accepted === undefined) return `the server sent invalid Sec-WebSocket-Extensions ${quote(value)}`;

  const offered = new Set(parseExtensionOffers(sent ?? '')?.map(({ name }) => name));
  for (const { name } of accepted) {
    if (!offered.delete(name))
      return `the server accepted extension ${quote(name)}, which was not offered, or accepted twice`;
  }
  return accepted;
}
