import { quote } from '../../base/checks.ts';
import { isAllowedHost } from './allowed-hosts.ts';
import { parseExtensionOffers } from './extension-offer.ts';
import type { ExtensionOffer } from './extension-offer.ts';
import type { DistinctHeaderFields, HeaderFields, HeadLimits, ReceivedFields } from './header-fields.ts';
import { isAllowedOrigin } from './origin.ts';
import type { AllowedOrigins } from './origin.ts';
import { matchPath } from './path-rule.ts';
import type { PathMatch, PathRule } from './path-rule.ts';
import { refusal, RequestError, UPGRADE_FIELDS, WEBSOCKET_VERSION } from './refusal.ts';
import { readSubprotocols } from './subprotocols.ts';
import { characterTable, consistsOf } from './syntax.ts';
import { parseQuery } from './target.ts';
import type { QueryParams, RequestTarget } from './target.ts';

/** A client's opening handshake, found valid. Frozen. */
export interface ConnectionRequest {
  /** Address of the client's end of the transport, such as `192.0.2.1:50000`; empty where it has none. */
  readonly peer: string;
  /** Whether the client speaks TLS: with this server, or with a trusted proxy. */
  readonly encrypted: boolean;
  /** What is known of TLS that ends here, with the certificate of the client; `undefined` where none ends here. */
  readonly tls: TransportSecurity | undefined;
  /** Host and port that the client asked for: the `Host` header, or that of a target in absolute form. */
  readonly host: string;
  /** The URL that the client asked for, `ws:` or `wss:`; made anew each time. */
  readonly url: URL;
  /** Request target, as it was sent. */
  readonly target: string;
  /** Path of the target: without the query, percent-encoding kept. */
  readonly path: string;
  /** Parameters of the query. */
  readonly params: QueryParams;
  /** What the pattern of the option `path` has found; `undefined` where that is no pattern. */
  readonly match: PathMatch | undefined;
  readonly headers: HeaderFields;
  /** The values of each header field, line by line. */
  readonly headersDistinct: DistinctHeaderFields;
  /** Always 13. */
  readonly version: number;
  /** Value of the `Origin` header, or `undefined` if there is none: the client is no browser then. */
  readonly origin: string | undefined;
  /** Subprotocols that the client offers, the one it prefers first. */
  readonly subprotocols: readonly string[];
  /** Extensions that the client offers. */
  readonly extensions: readonly ExtensionOffer[];
  /**
   * Aborted when the handshake ends without having been accepted: the client has gone away, `handshakeTimeout` has passed, or the server
   * closes. For what is waited for while it is decided.
   */
  readonly signal: AbortSignal;
}

/** What is known of the TLS of a transport. Frozen. */
export interface TransportSecurity {
  /** `TLSv1.3`, for one. */
  readonly protocol: string;
  readonly cipher: string;
  /** The name that the client has asked for (SNI), or `undefined` for none. */
  readonly servername: string | undefined;
  /** Whether the client has a certificate that an authority trusted by this server has signed. It must be asked for: the options `requestCert` and `ca` of `tls`. */
  readonly authorized: boolean;
  /** Why a certificate is not trusted. */
  readonly authorizationError: string | undefined;
  /** The certificate of the client, trusted or not. */
  readonly certificate: ClientCertificate | undefined;
}

/** A certificate, in words. Frozen. */
export interface ClientCertificate {
  /** Parts of the name: `CN`, `O`, … */
  readonly subject: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly issuer: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** `DNS:client.example, email:ada@example.com`, for one. */
  readonly subjectAltName: string | undefined;
  readonly serialNumber: string;
  /** SHA-256 of the certificate, in hex with colons. */
  readonly fingerprint256: string;
  readonly validFrom: string;
  readonly validTo: string;
  /** The whole, in DER. */
  readonly raw: Uint8Array;
}

/** A request for a connection, whatever version of HTTP it came with: what the rules look at. */
export interface RequestParts {
  /** Address of the client's end of the transport; empty where it has none. */
  readonly peer: string;
  readonly scheme: 'http' | 'https';
  readonly tls: TransportSecurity | undefined;
  /** Host and port, found to be such. */
  readonly authority: string;
  /** Path and query, as they were sent. */
  readonly rawTarget: string;
  /** {@link rawTarget} in its parts. */
  readonly target: RequestTarget;
  readonly headers: ReceivedFields;
}

/** What a server asks of requests. */
export interface RequestRules extends HeadLimits {
  readonly allowedOrigins: AllowedOrigins;
  /** Hosts to serve, or `undefined` for all. */
  readonly allowedHosts: readonly string[] | undefined;
  /** Paths to serve, or `undefined` for all. */
  readonly path: PathRule | undefined;
}

/**
 * Judges the opening handshake of a client.
 *
 * @param lifetime - its `signal` is looked at when somebody asks for that of the request
 *
 * @throws {HandshakeError} with the status and headers to refuse it with; its message may be sent to the client
 *
 * @see RFC 6455 §4.2.1 (Reading the Client's Opening Handshake), §4.4 (versions)
 */
export function judgeRequest(
  parts: RequestParts,
  rules: RequestRules,
  lifetime: { readonly signal: AbortSignal },
): ConnectionRequest {
  const { peer, scheme, authority: host, target, headers: received } = parts;
  checkVersion(received);
  const subprotocols = readSubprotocols(received.fields);
  const extensions = readExtensions(received.fields);

  const url = toUrl(parts);
  if (!isAllowedHost(host, rules.allowedHosts)) throw refusal(421, `host ${quote(host)} is not served here`);
  const match = matchPath(rules.path, { path: target.path, url });
  if (match === 'none') throw refusal(404, 'nothing is served at this path');
  const origin = readOrigin(received);
  checkOrigin(origin, host, rules.allowedOrigins);

  return Object.freeze({
    peer,
    encrypted: scheme === 'https',
    tls: parts.tls,
    host,
    get url() {
      return new URL(url);
    },
    target: parts.rawTarget,
    path: target.path,
    params: parseQuery(target.query),
    match,
    headers: received.fields,
    headersDistinct: received.distinct,
    version: WEBSOCKET_VERSION,
    origin,
    subprotocols: Object.freeze(subprotocols),
    extensions: Object.freeze(extensions),
    get signal() {
      return lifetime.signal;
    },
  });
}

/** What is no URL has a host that is none, such as `256.0.0.1`. */
function toUrl({ scheme, authority, target }: RequestParts): string {
  const query = target.query === undefined ? '' : `?${target.query}`;
  const url = `${scheme === 'https' ? 'wss' : 'ws'}://${authority}${target.path}${query}`;
  if (URL.canParse(url)) return url;
  throw refusal(400, `invalid Host header ${quote(authority)}`);
}

const VERSION_FIELD = { 'Sec-WebSocket-Version': String(WEBSOCKET_VERSION) } as const;

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
export class OriginError extends RequestError {
  constructor(origin: string, host: string) {
    super(
      403,
      `origin ${quote(origin)} may not connect to host ${quote(host)}; the server's option allowedOrigins decides`,
    );
  }
}
