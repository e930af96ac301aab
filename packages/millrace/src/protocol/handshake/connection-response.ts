import { HandshakeError } from '../base/errors.ts';
import { quote } from '../base/option-checks.ts';
import { parseExtensionOffers } from './extension-offer.ts';
import type { ExtensionOffer } from './extension-offer.ts';
import { readHeaderFields } from './header-fields.ts';
import type { HeaderFields, HeadLimits, ReceivedFields } from './header-fields.ts';
import { listHasToken } from './syntax.ts';

/** A server's opening handshake, found valid. Frozen. */
export interface ConnectionResponse {
  /** Address of the server's end of the transport, such as `192.0.2.1:443`; empty where it has none. */
  readonly peer: string;
  readonly headers: HeaderFields;
  /** The subprotocol that the server chose, or `undefined` if it chose none. */
  readonly protocol: string | undefined;
  /** The extensions that the server accepted. */
  readonly extensions: readonly ExtensionOffer[];
}

/** A response as an HTTP parser hands it over. */
export interface RawResponse {
  readonly status: number;
  /** `1.1`, for one. */
  readonly httpVersion: string;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
  readonly peer: string;
}

/** What the response must fit. */
export interface ResponseRules extends HeadLimits {
  /** The `Sec-WebSocket-Accept` that belongs to the key we sent. */
  readonly accept: string;
  /** The subprotocols that we offered. */
  readonly subprotocols: readonly string[];
  /** The `Sec-WebSocket-Extensions` that we sent, or `undefined` if we sent none. */
  readonly extensions: string | undefined;
}

/**
 * Judges the opening handshake of a server.
 *
 * The parameters of extensions are not judged here: the extensions do that.
 *
 * @param body - body of a response that is not 101, for the error
 *
 * @throws {HandshakeError} the response does not accept what we asked for; with its status, headers and body
 *
 * @see RFC 6455 §4.1, from "Once the client's opening handshake has been sent"
 */
export function judgeResponse(raw: RawResponse, rules: ResponseRules, body = ''): ConnectionResponse {
  const received = readHeaderFields(raw.rawHeaders, rules);
  const failure = { status: raw.status, headers: received.fields, body };
  const problem = findProblem(raw, rules, received);
  if (problem !== undefined) throw new HandshakeError(problem, failure);

  const { fields } = received;
  const protocol = fields['sec-websocket-protocol'];
  const offered = readOffered(fields['sec-websocket-extensions'], rules.extensions);
  const extensions = typeof offered === 'string' ? [] : offered;
  const mismatch = findProtocolProblem(protocol, rules) ?? (typeof offered === 'string' ? offered : undefined);
  if (mismatch !== undefined) throw new HandshakeError(mismatch, failure);

  return Object.freeze({ peer: raw.peer, headers: fields, protocol, extensions: Object.freeze(extensions) });
}

/** One line a rule, in the order of RFC 6455 §4.1; the rest of them are about HTTP. */
function findProblem(raw: RawResponse, rules: ResponseRules, received: ReceivedFields): string | undefined {
  const { fields } = received;
  const { upgrade, connection } = fields;
  const accept = fields['sec-websocket-accept'];

  if (received.exceeded !== undefined) return received.exceeded;
  if (raw.status !== 101) return `the server answered with status ${String(raw.status)}`;
  if (raw.httpVersion !== '1.1') return `the server answered 101 with HTTP/${raw.httpVersion}`;
  if (received.invalid !== undefined) return `the server sent an ${received.invalid}`;
  if (upgrade?.toLowerCase() !== 'websocket') return missing('Upgrade: websocket', upgrade);
  if (connection === undefined || !listHasToken(connection, 'upgrade'))
    return missing('Connection: Upgrade', connection);
  if (accept !== rules.accept) return missing('the right Sec-WebSocket-Accept', accept);
  if (announcesBody(fields)) return 'the server announced a body after 101';
  return undefined;
}

function announcesBody(fields: HeaderFields): boolean {
  return (fields['content-length'] ?? '0') !== '0' || fields['transfer-encoding'] !== undefined;
}

function missing(what: string, found: string | undefined): string {
  return `the server did not answer with ${what}${found === undefined ? '' : `, but with ${quote(found)}`}`;
}

function findProtocolProblem(protocol: string | undefined, rules: ResponseRules): string | undefined {
  if (protocol === undefined || rules.subprotocols.includes(protocol)) return undefined;
  return `the server chose subprotocol ${quote(protocol)}, which was not offered`;
}

/** The accepted extensions, or what is wrong with them. */
function readOffered(value: string | undefined, sent: string | undefined): readonly ExtensionOffer[] | string {
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
