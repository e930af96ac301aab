import { quote } from '../../base/checks.ts';
import { parseAuthority } from '../rules/authority.ts';
import type { RequestParts } from '../rules/connection-request.ts';
import { readHeaderFields } from '../rules/header-fields.ts';
import type { HeaderFields, HeadLimits, ReceivedFields } from '../rules/header-fields.ts';
import { refusal, UPGRADE_FIELDS } from '../rules/refusal.ts';
import { characterTable, consistsOf, listHasToken } from '../rules/syntax.ts';
import { parseTarget } from '../rules/target.ts';
import type { RequestTarget } from '../rules/target.ts';

/** A request as an HTTP/1.1 parser hands it over, and what is known of its transport. */
export interface RawRequest extends Pick<RequestParts, 'peer' | 'scheme' | 'tls'> {
  readonly method: string;
  readonly target: string;
  /** `1.1`, for one. */
  readonly httpVersion: string;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
}

/** The request of an opening handshake over HTTP/1.1. */
export interface UpgradeRequest extends RequestParts {
  /** The client's `Sec-WebSocket-Key`. */
  readonly key: string;
}

/**
 * Reads the request of a client's opening handshake: checks what HTTP/1.1 asks of it.
 *
 * @throws {HandshakeError} with the status and headers to refuse it with; its message may be sent to the client
 *
 * @see RFC 6455 §4.2.1 (Reading the Client's Opening Handshake)
 */
export function readUpgradeRequest(raw: RawRequest, limits: HeadLimits): UpgradeRequest {
  const headers = readHeaderFields(raw.rawHeaders, limits);
  checkEnvelope(raw, limits, headers);
  const { target, authority } = readTarget(raw.target, headers);
  checkUpgrade(headers);
  checkBody(headers.fields);
  const key = readKey(headers);
  const { peer, scheme, tls } = raw;
  return { peer, scheme, tls, authority, rawTarget: raw.target, target, headers, key };
}

/** What is wrong with the request as HTTP. */
function checkEnvelope(raw: RawRequest, limits: HeadLimits, received: ReceivedFields): void {
  if (received.exceeded !== undefined) throw refusal(431, received.exceeded);
  if (raw.target.length > limits.maxHeaderSize) throw refusal(414, 'the request target exceeds maxHeaderSize');
  if (raw.httpVersion !== '1.1') throw refusal(505, 'a WebSocket handshake is HTTP/1.1');
  if (raw.method !== 'GET') throw refusal(405, 'a WebSocket handshake is a GET request', { Allow: 'GET' });
  if (received.invalid !== undefined) throw refusal(400, received.invalid);
}

/** Two Host headers were joined by a comma, which no host has; the same goes for key and version. */
function readTarget(text: string, { fields }: ReceivedFields): { target: RequestTarget; authority: string } {
  const target = parseTarget(text);
  if (target === undefined) throw refusal(400, 'invalid request target');
  const { host } = fields;
  if (host === undefined) throw refusal(400, 'missing Host header');
  if (parseAuthority(host) === undefined) throw refusal(400, `invalid Host header ${quote(host)}`);
  return { target, authority: target.host ?? host };
}

/** The restriction to one value of `Upgrade` is ours: nobody sends `websocket, h2c`, and a proxy could take the other. */
function checkUpgrade({ fields }: ReceivedFields): void {
  const { upgrade, connection } = fields;
  if (upgrade === undefined || connection === undefined || !listHasToken(connection, 'upgrade')) {
    throw refusal(426, 'this is a WebSocket server: connect with a WebSocket client', UPGRADE_FIELDS);
  }
  if (upgrade.toLowerCase() !== 'websocket') throw refusal(400, 'Upgrade header is not exactly "websocket"');
}

/** A body would be taken for frames (RFC 6455 §4.1: the handshake is a GET request, which has none). */
function checkBody(fields: HeaderFields): void {
  const announced = (fields['content-length'] ?? '0') !== '0' || fields['transfer-encoding'] !== undefined;
  if (announced) throw refusal(400, 'a WebSocket handshake has no body');
}

function readKey({ fields }: ReceivedFields): string {
  const key = fields['sec-websocket-key'];
  if (key === undefined) throw refusal(400, 'missing Sec-WebSocket-Key header');
  if (!isKey(key)) throw refusal(400, 'Sec-WebSocket-Key is not 16 bytes in base64');
  return key;
}

const BASE64_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BASE64_CHARACTERS: Uint8Array = characterTable(BASE64_ALPHABET);

/**
 * Says whether `key` is the base64 of 16 bytes: 22 characters and `==`.
 *
 * 22 characters are 132 bits; the 4 bits too many must be zero, or it would be another encoding of the same bytes.
 */
function isKey(key: string): boolean {
  if (key.length !== 24 || !key.endsWith('==') || !consistsOf(key.slice(0, 22), BASE64_CHARACTERS)) return false;
  return BASE64_ALPHABET.indexOf(key.charAt(21)) % 16 === 0;
}
