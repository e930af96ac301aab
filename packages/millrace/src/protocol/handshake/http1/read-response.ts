import { quote } from '../../base/checks.ts';
import { HandshakeError } from '../../base/errors.ts';
import { readAgreement } from '../rules/connection-response.ts';
import type { ClientOffer, ConnectionResponse } from '../rules/connection-response.ts';
import { readHeaderFields } from '../rules/header-fields.ts';
import type { HeadLimits, ReceivedFields } from '../rules/header-fields.ts';
import { listHasToken } from '../rules/syntax.ts';

/** A response as an HTTP/1.1 parser hands it over. */
export interface RawResponse {
  readonly status: number;
  /** `1.1`, for one. */
  readonly httpVersion: string;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
  readonly peer: string;
}

/** What the response must fit. */
export interface ResponseRules extends HeadLimits, ClientOffer {
  /** The `Sec-WebSocket-Accept` that belongs to the key we sent. */
  readonly accept: string;
}

/**
 * Judges the opening handshake of a server.
 *
 * @param body - body of a response that is not 101, for the error
 *
 * @throws {HandshakeError} the response does not accept what we asked for; with its status, headers and body
 *
 * @see RFC 6455 §4.1, from "Once the client's opening handshake has been sent"
 */
export function judgeResponse(raw: RawResponse, rules: ResponseRules, body = ''): ConnectionResponse {
  const received = readHeaderFields(raw.rawHeaders, rules);
  const { fields: headers, distinct: headersDistinct } = received;
  const failure = { status: raw.status, headers, headersDistinct, body };
  const problem = findProblem(raw, rules, received);
  if (problem !== undefined) throw new HandshakeError(`${problem}${reasonIn(body)}`, failure);

  const agreement = readAgreement(headers, rules);
  if (typeof agreement === 'string') throw new HandshakeError(agreement, failure);
  const { subprotocol, extensions } = agreement;
  return Object.freeze({
    peer: raw.peer,
    headers,
    headersDistinct,
    subprotocol,
    extensions: Object.freeze(extensions),
  });
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
  return undefined;
}

/**
 * Says whether a response that switches protocols announces a body. It has none (RFC 9112 §6.3), so that the fields mean nothing; servers that send them are
 * put up with.
 */
export function announcesBody({ headers }: ConnectionResponse): boolean {
  return (headers['content-length'] ?? '0') !== '0' || headers['transfer-encoding'] !== undefined;
}

/** Longest reason that an error quotes, in characters. */
const MAX_REASON = 200;

/** The first line of a body, unless it is a page. */
function reasonIn(body: string): string {
  const line = body
    .trimStart()
    .split(/[\r\n]/, 1)[0]!
    .trim();
  if (line === '' || line.startsWith('<')) return '';
  return `: ${JSON.stringify(line.length > MAX_REASON ? `${line.slice(0, MAX_REASON)}…` : line)}`;
}

function missing(what: string, found: string | undefined): string {
  return `the server did not answer with ${what}${found === undefined ? '' : `, but with ${quote(found)}`}`;
}
