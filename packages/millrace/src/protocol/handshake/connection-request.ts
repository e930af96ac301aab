import { HandshakeError } from '../base/errors.ts';
import { quote } from '../base/option-checks.ts';
import { parseAuthority } from './authority.ts';
import { parseExtensionOffers } from './extension-offer.ts';
import type { ExtensionOffer } from './extension-offer.ts';
import { readHeaderFields } from './header-fields.ts';
import type { HeaderFields, HeadLimits, ReceivedFields } from './header-fields.ts';
import { isAllowedOrigin } from './origin.ts';
import type { AllowedOrigins } from './origin.ts';
import { characterTable, consistsOf, listHasToken, parseTokenList } from './syntax.ts';
import { parseQuery, parseTarget } from './target.ts';
import type { QueryParams, RequestTarget } from './target.ts';

/** The version of the protocol that RFC 6455 defines, and the only one there is. */
export const WEBSOCKET_VERSION = 13;

/** A client's opening handshake, found valid. Frozen. */
export interface ConnectionRequest {
  /** Address of the client's end of the transport, such as `192.0.2.1:50000`; empty where it has none. */
  readonly peer: string;
  /** Whether the transport is TLS that ends here. */
  readonly encrypted: boolean;
  /** Host and port that the client asked for: the `Host` header, or that of a target in absolute form. */
  readonly host: string;
  /** Request target, as it was sent. */
  readonly target: string;
  /** Path of the target: without the query, percent-encoding kept. */
  readonly path: string;
  /** Parameters of the query. */
  readonly params: QueryParams;
  readonly headers: HeaderFields;
  /** Always {@link WEBSOCKET_VERSION}. */
  readonly version: number;
  /** Value of the `Origin` header, or `undefined` if there is none: the client is no browser then. */
  readonly origin: string | undefined;
  /** Subprotocols that the client offers, the one it prefers first. */
  readonly protocols: readonly string[];
  /** Extensions that the client offers. */
  readonly extensions: readonly ExtensionOffer[];
}

/** A request as an HTTP parser hands it over. */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  /** `1.1`, for one. */
  readonly httpVersion: string;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
  readonly peer: string;
  readonly encrypted: boolean;
}

/** What a server asks of requests. */
export interface RequestRules extends HeadLimits {
  readonly allowedOrigins: AllowedOrigins;
  /** The one path to serve, or `undefined` for all. */
  readonly path: string | undefined;
}

/** A request that may be accepted. */
export interface JudgedRequest {
  readonly request: ConnectionRequest;
  /** The client's `Sec-WebSocket-Key`. */
  readonly key: string;
}

/**
 * Judges the opening handshake of a client.
 *
 * @throws {HandshakeError} with the status and headers to refuse it with; its message may be sent to the client
 *
 * @see RFC 6455 §4.2.1 (Reading the Client's Opening Handshake), §4.4 (versions)
 */
export function judgeRequest(raw: RawRequest, rules: RequestRules): JudgedRequest {
  const received = readHeaderFields(raw.rawHeaders, rules);
  checkEnvelope(raw, rules, received);

  const { target, host } = readTarget(raw.target, received);
  checkUpgrade(received);
  checkBody(received.fields);
  const key = readKey(received);
  checkVersion(received);
  const protocols = readProtocols(received.fields);
  const extensions = readExtensions(received.fields);

  if (rules.path !== undefined && target.path !== rules.path) throw refusal(404, 'nothing is served at this path');
  const origin = readOrigin(received);
  checkOrigin(origin, host, rules.allowedOrigins);

  const request: ConnectionRequest = Object.freeze({
    peer: raw.peer,
    encrypted: raw.encrypted,
    host,
    target: raw.target,
    path: target.path,
    params: parseQuery(target.query),
    headers: received.fields,
    version: WEBSOCKET_VERSION,
    origin,
    protocols: Object.freeze(protocols),
    extensions: Object.freeze(extensions),
  });
  return { request, key };
}

/**
 * Chooses a subprotocol: of those that the server supports, the one that the client prefers.
 *
 * @returns `undefined` if there is none in common
 */
export function selectSubprotocol(offered: readonly string[], supported: readonly string[]): string | undefined {
  return offered.find((one) => supported.includes(one));
}

/** Makes the error that refuses a request with `status`. */
export function refusal(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): HandshakeError {
  return new HandshakeError(message, { status, headers });
}

/** Header fields of a response that says what would be understood here: this protocol, in this version. */
export const UPGRADE_FIELDS: Readonly<Record<string, string>> = Object.freeze({
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': String(WEBSOCKET_VERSION),
});

const VERSION_FIELD = { 'Sec-WebSocket-Version': String(WEBSOCKET_VERSION) } as const;

/** What is wrong with the request as HTTP. */
function checkEnvelope(raw: RawRequest, rules: RequestRules, received: ReceivedFields): void {
  if (received.exceeded !== undefined) throw refusal(431, received.exceeded);
  if (raw.target.length > rules.maxHeaderSize) throw refusal(414, 'the request target exceeds maxHeaderSize');
  if (raw.httpVersion !== '1.1') throw refusal(505, 'a WebSocket handshake is HTTP/1.1');
  if (raw.method !== 'GET') throw refusal(405, 'a WebSocket handshake is a GET request', { Allow: 'GET' });
  if (received.invalid !== undefined) throw refusal(400, received.invalid);
}

/** Two Host headers were joined by a comma, which no host has; the same goes for key and version. */
function readTarget(text: string, { fields }: ReceivedFields): { target: RequestTarget; host: string } {
  const target = parseTarget(text);
  if (target === undefined) throw refusal(400, 'invalid request target');
  const { host } = fields;
  if (host === undefined) throw refusal(400, 'missing Host header');
  if (parseAuthority(host) === undefined) throw refusal(400, `invalid Host header ${quote(host)}`);
  return { target, host: target.host ?? host };
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

function checkVersion({ fields }: ReceivedFields): void {
  const version = fields['sec-websocket-version'];
  if (version === undefined) throw refusal(400, 'missing Sec-WebSocket-Version header', VERSION_FIELD);
  if (!isVersion(version)) {
    throw refusal(400, `invalid Sec-WebSocket-Version header ${quote(version)}`, VERSION_FIELD);
  }
  if (version !== String(WEBSOCKET_VERSION)) {
    throw refusal(426, `version ${version} of the WebSocket protocol is not supported`, UPGRADE_FIELDS);
  }
}

const DIGITS: Uint8Array = characterTable('0123456789');

/** A number from 0 to 255 without leading zeros (RFC 6455 §4.3). */
function isVersion(text: string): boolean {
  return text.length <= 3 && consistsOf(text, DIGITS) && Number(text) <= 255 && String(Number(text)) === text;
}

function readProtocols(fields: HeaderFields): readonly string[] {
  const value = fields['sec-websocket-protocol'];
  if (value === undefined) return [];
  const protocols = parseTokenList(value);
  if (protocols === undefined) throw refusal(400, 'Sec-WebSocket-Protocol is not a list of tokens');
  if (new Set(protocols).size !== protocols.length) {
    throw refusal(400, 'Sec-WebSocket-Protocol names a subprotocol more than once');
  }
  return protocols;
}

function readExtensions(fields: HeaderFields): readonly ExtensionOffer[] {
  const value = fields['sec-websocket-extensions'];
  if (value === undefined) return [];
  const extensions = parseExtensionOffers(value);
  if (extensions === undefined) throw refusal(400, 'Sec-WebSocket-Extensions does not follow RFC 6455 §9.1');
  return extensions;
}

function readOrigin({ fields, repeated }: ReceivedFields): string | undefined {
  if (repeated.has('origin')) throw refusal(400, 'more than one Origin header');
  return fields['origin'];
}

function checkOrigin(origin: string | undefined, host: string, allowed: AllowedOrigins): void {
  if (origin === undefined || isAllowedOrigin(origin, host, allowed)) return;
  throw new OriginError(origin, host);
}

/** A page of a foreign origin tried to connect: 403. */
export class OriginError extends HandshakeError {
  constructor(origin: string, host: string) {
    super(
      `origin ${quote(origin)} may not connect to host ${quote(host)}; the server's option allowedOrigins decides`,
      {
        status: 403,
      },
    );
  }
}
