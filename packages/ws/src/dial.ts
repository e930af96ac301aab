import { createHash, randomBytes } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import http, { type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { Duplex } from 'node:stream';
import { unescape } from 'node:querystring';
import tls from 'node:tls';

import type { LinkOptions } from './link.ts';
import { prepareReading } from './link.ts';
import { DEFAULTS, type DialOptions, type HandshakeRequestOptions } from './options.ts';
import { checkProtocols, findSubprotocol } from './client-subprotocols.ts';
import { RedirectGuard } from './redirect-guard.ts';
import { parseAddress } from './address.ts';
import { extension } from './extension.ts';
import { PerMessageDeflate, checkDeflateOptions, deflateOptions } from './permessage-deflate.ts';

/** Appended to the key of the opening handshake (RFC 6455 §4.2.2). */
export const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** A socket whose opening handshake goes on. */
export interface DialingSocket extends EventEmitter {
  _req: ClientRequest | null;
  _url: string | undefined;
  _protocol: string;
  _redirects: number;
  readonly _extensions: Record<string, unknown>;
  _readyState: number;
  readonly readyState: number;
  readonly url: string | undefined;
  setSocket(socket: Duplex, head: Uint8Array, options: LinkOptions): void;
  emitClose(): void;
}

/** Everything that an attempt knows. */
interface Attempt {
  readonly webSocket: DialingSocket;
  readonly address: string | URL;
  readonly protocols: readonly string[];
  readonly options: ResolvedDialOptions;
  readonly guard: RedirectGuard;
}

/** Options with their defaults; one that is there and `undefined` has none, as with `ws`. */
type ResolvedDialOptions = DialOptions;

const DIAL_DEFAULTS = {
  ...DEFAULTS,
  protocolVersion: 13,
  perMessageDeflate: true,
  followRedirects: false,
  maxRedirects: 10,
} as const;

const CONNECTING = 0;
const CLOSING = 2;

const PROTOCOL_VERSIONS: readonly unknown[] = [8, 13];

// The modules are asked each time: programs patch them, to trace or to test.

/**
 * Dials, by `http.request`, so that its agents, events and objects are what programs know.
 *
 * @returns the options with their defaults
 *
 * @throws {SyntaxError} the address is none, or a subprotocol is no token or there twice
 * @throws {RangeError} the option `protocolVersion` has another value than 8 and 13
 */
export function dial(
  webSocket: DialingSocket,
  address: string | URL,
  offered: readonly unknown[],
  given: DialOptions,
): DialOptions {
  const options = { ...DIAL_DEFAULTS, ...given };
  const { protocolVersion } = options;
  if (!PROTOCOL_VERSIONS.includes(protocolVersion)) {
    throw new RangeError(
      `Unsupported protocol version: ${String(protocolVersion)} (supported versions: ${PROTOCOL_VERSIONS.join(', ')})`,
    );
  }
  checkDeflateOptions(options.perMessageDeflate);
  void prepareReading();
  const guard = new RedirectGuard();
  const url = parseAddress(address);
  webSocket._url = url.href;
  attempt({ webSocket, address, protocols: checkProtocols(offered), options, guard }, url);
  return options;
}

/** Sends the request, and waits for what comes of it. */
function attempt(state: Attempt, url: URL): void {
  const { webSocket, options, guard } = state;
  const key = randomBytes(16).toString('base64');
  const deflate = createDeflate(options);
  const requestOptions = createRequestOptions(state, url, { key, deflate });
  if (options.followRedirects === true) guard.apply(webSocket, url, requestOptions);
  const request = url.protocol === 'wss:' ? https.request(requestOptions) : http.request(requestOptions);
  webSocket._req = request;
  if (options.followRedirects === true && webSocket._redirects > 0) webSocket.emit('redirect', webSocket.url, request);
  if (options.handshakeTimeout !== undefined) {
    request.on('timeout', () => abortHandshake(webSocket, request, 'Opening handshake has timed out'));
  }
  request.on('error', (error) => {
    if (aborted.has(request) || webSocket._req !== request) return;
    webSocket._req = null;
    emitErrorAndClose(webSocket, error);
  });
  request.on('response', (response) => receiveResponse(state, request, response));
  request.on('upgrade', (response, socket, head) => receiveUpgrade(state, { response, socket, head, key, deflate }));
  if (options.finishRequest !== undefined) options.finishRequest(request, webSocket);
  else request.end();
}

/** What a request offers, and its key. */
interface Offered {
  readonly key: string;
  readonly deflate: PerMessageDeflate | undefined;
}

function createDeflate({ perMessageDeflate, maxPayload }: ResolvedDialOptions): PerMessageDeflate | undefined {
  const options = deflateOptions(perMessageDeflate);
  return options && new PerMessageDeflate({ ...options, isServer: false, maxPayload });
}

function createRequestOptions(state: Attempt, url: URL, offered: Offered): HandshakeRequestOptions {
  const { options, protocols } = state;
  const { hostname, username, password } = url;
  const isSecure = url.protocol === 'wss:';
  const defaultPort = isSecure ? 443 : 80;
  const made: HandshakeRequestOptions = {
    ...options,
    ...NOT_FOR_REQUESTS,
    method: 'GET',
    createConnection: options.createConnection ?? (isSecure ? connectSecurely : connectPlainly),
    defaultPort: options.defaultPort ?? defaultPort,
    port: url.port === '' ? defaultPort : url.port,
    host: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
    path: url.pathname + url.search,
    timeout: options.handshakeTimeout,
    headers: createHeaders(options, protocols, offered),
  };
  if (username !== '' || password !== '') made.auth = `${unescape(username)}:${unescape(password)}`;
  if (url.protocol === 'ws+unix:') Object.assign(made, splitSocketPath(url.pathname + url.search));
  return made;
}

/** What `ws` does not take from its options, as the address says it, or something of ours. */
const NOT_FOR_REQUESTS = { socketPath: undefined, hostname: undefined, protocol: undefined } as const;

function createHeaders(
  options: ResolvedDialOptions,
  protocols: readonly string[],
  { key, deflate }: Offered,
): OutgoingHttpHeaders {
  const { headers, origin, protocolVersion = 13 } = options;
  return {
    ...toFields(headers),
    'Sec-WebSocket-Version': protocolVersion,
    'Sec-WebSocket-Key': key,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    ...(deflate !== undefined && {
      'Sec-WebSocket-Extensions': extension.format({ [PerMessageDeflate.extensionName]: { ...deflate.offer() } }),
    }),
    ...(protocols.length > 0 && { 'Sec-WebSocket-Protocol': protocols.join(',') }),
    ...(origin !== undefined && { [protocolVersion < 13 ? 'Sec-WebSocket-Origin' : 'Origin']: origin }),
  };
}

/** Fields by name, as `ws` takes them; `http` would take a list as well. */
function toFields(headers: DialOptions['headers']): OutgoingHttpHeaders {
  return headers === undefined || isList(headers) ? {} : headers;
}

function isList(headers: OutgoingHttpHeaders | readonly string[]): headers is readonly string[] {
  return Array.isArray(headers);
}

/** `/path/of.sock:/path?of=request`, where the second may be missing. */
function splitSocketPath(path: string): { readonly socketPath: string; readonly path: string } {
  const colon = path.indexOf(':');
  if (colon === -1) return { socketPath: path, path: '' };
  return { socketPath: path.slice(0, colon), path: path.slice(colon + 1) };
}

function connectPlainly(options: HandshakeRequestOptions): Duplex | undefined {
  return asDuplex(Reflect.apply(net.connect, net, [Object.assign(options, { path: options.socketPath })]));
}

function connectSecurely(options: HandshakeRequestOptions): Duplex | undefined {
  const { host, servername } = options;
  Object.assign(options, { path: undefined });
  if (servername === undefined) Object.assign(options, { servername: net.isIP(host ?? '') === 0 ? host : '' });
  return asDuplex(Reflect.apply(tls.connect, tls, [options]));
}

function asDuplex(value: unknown): Duplex | undefined {
  return value instanceof Duplex ? value : undefined;
}

/** Another answer than 101. */
function receiveResponse(state: Attempt, request: ClientRequest, response: IncomingMessage): void {
  const { webSocket, options, address } = state;
  const { location } = response.headers;
  const { statusCode = 0 } = response;
  if (location === undefined || options.followRedirects !== true || statusCode < 300 || statusCode >= 400) {
    if (webSocket.emit('unexpected-response', request, response)) return;
    abortHandshake(webSocket, request, `Unexpected server response: ${statusCode}`);
    return;
  }
  webSocket._redirects++;
  if (webSocket._redirects > (options.maxRedirects ?? 0)) {
    abortHandshake(webSocket, request, 'Maximum redirects exceeded');
    return;
  }
  aborted.add(request);
  request.destroy();
  try {
    const next = parseAddress(resolveLocation(location, address));
    webSocket._url = next.href;
    attempt({ ...state, address: next }, next);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    emitErrorAndClose(webSocket, error);
  }
}

function resolveLocation(location: string, address: string | URL): URL {
  try {
    return new URL(location, address);
  } catch {
    throw new SyntaxError(`Invalid URL: ${location}`);
  }
}

/** What comes with the event `'upgrade'`. */
interface Upgrade extends Offered {
  readonly response: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

function receiveUpgrade({ webSocket, options, protocols }: Attempt, upgrade: Upgrade): void {
  const { response, socket, head, deflate } = upgrade;
  webSocket.emit('upgrade', response);
  // A listener may have closed it.
  if (webSocket.readyState !== CONNECTING) return;
  webSocket._req = null;
  const { headers } = response;
  const problem = findProblem(headers, protocols, upgrade);
  if (problem !== undefined) {
    abortOpened(webSocket, socket, problem);
    return;
  }
  webSocket._protocol = headers['sec-websocket-protocol'] ?? '';
  if (deflate !== undefined && deflate.params !== null) {
    webSocket._extensions[PerMessageDeflate.extensionName] = deflate;
  }
  webSocket.setSocket(socket, head, options);
}

/** What is wrong with the answer to the opening handshake. */
function findProblem(
  headers: IncomingMessage['headers'],
  protocols: readonly string[],
  { key, deflate }: Offered,
): string | undefined {
  if (headers.upgrade?.toLowerCase() !== 'websocket') return 'Invalid Upgrade header';
  const digest = createHash('sha1')
    .update(key + GUID)
    .digest('base64');
  if (headers['sec-websocket-accept'] !== digest) return 'Invalid Sec-WebSocket-Accept header';
  const problem = findSubprotocol(headers['sec-websocket-protocol'], protocols);
  return problem ?? acceptExtensions(headers['sec-websocket-extensions'], deflate);
}

/** Takes the extensions that a server has chosen; says what is wrong with them. */
function acceptExtensions(header: string | undefined, deflate: PerMessageDeflate | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (deflate === undefined) return 'Server sent a Sec-WebSocket-Extensions header but no extension was requested';
  try {
    const { [PerMessageDeflate.extensionName]: answers, ...others } = extension.parse(header);
    if (answers === undefined || Object.keys(others).length > 0) {
      return 'Server indicated an extension that was not requested';
    }
    deflate.accept(answers);
    return undefined;
  } catch {
    return 'Invalid Sec-WebSocket-Extensions header';
  }
}

/** Requests that were given up. */
const aborted = new WeakSet<ClientRequest>();

/** Gives the opening handshake up. */
export function abortHandshake(webSocket: DialingSocket, request: ClientRequest, message: string): void {
  webSocket._readyState = CLOSING;
  const error = new Error(message);
  aborted.add(request);
  request.destroy();
  // A request that is complete leaves its socket alone.
  request.socket?.destroy();
  process.nextTick(() => emitErrorAndClose(webSocket, error));
}

/** Gives the connection up whose opening handshake was answered wrongly. */
function abortOpened(webSocket: DialingSocket, socket: Duplex, message: string): void {
  webSocket._readyState = CLOSING;
  socket.once('error', (error) => void webSocket.emit('error', error));
  socket.once('close', () => webSocket.emitClose());
  socket.destroy(new Error(message));
}

function emitErrorAndClose(webSocket: DialingSocket, error: Error): void {
  webSocket._readyState = CLOSING;
  webSocket.emit('error', error);
  webSocket.emitClose();
}
