import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import { extension } from './extension.ts';
import type { SocketOptions } from './options.ts';
import { PerMessageDeflate, deflateOptions } from './permessage-deflate.ts';
import { subprotocol } from './subprotocol.ts';

/** A request that may become a connection. */
export interface JudgedRequest {
  readonly key: string;
  readonly origin: string | undefined;
  /** The header that names subprotocols. */
  readonly protocolHeader: string | undefined;
}

/** Why a request is refused, and how. */
export interface Refusal {
  readonly status: number;
  /** The body; what the status means unless given. */
  readonly message?: string | undefined;
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
}

/** What 16 random bytes are in base64. */
const KEY = /^[+/0-9A-Za-z]{22}==$/;

/** Judges the opening handshake of a client (RFC 6455 §4.2.1). */
export function judgeRequest(request: IncomingMessage): JudgedRequest | Refusal {
  const { headers, method } = request;
  const key = headers['sec-websocket-key'];
  if (!isHttp11(request)) return { status: 400, message: 'Invalid HTTP version or Host header' };
  if (method !== 'GET') return { status: 405, message: 'Invalid HTTP method' };
  if (headers.upgrade?.toLowerCase() !== 'websocket') return { status: 400, message: 'Invalid Upgrade header' };
  if (key === undefined || !KEY.test(key)) {
    return { status: 400, message: 'Missing or invalid Sec-WebSocket-Key header' };
  }
  // A number where no parser has made it.
  const version = String(headers['sec-websocket-version']);
  if (version !== '13' && version !== '8') {
    const message = 'Missing or invalid Sec-WebSocket-Version header';
    return { status: 400, message, headers: { 'Sec-WebSocket-Version': '13, 8' } };
  }
  const origin = version === '8' ? headers['sec-websocket-origin'] : headers.origin;
  return {
    key,
    origin: typeof origin === 'string' ? origin : undefined,
    protocolHeader: headers['sec-websocket-protocol'],
  };
}

/** The subprotocols that a client offers; `undefined` where the header cannot be read. */
export function parseProtocols(header: string | undefined): Set<string> | undefined {
  try {
    return header === undefined ? new Set() : subprotocol.parse(header);
  } catch {
    return undefined;
  }
}

/** Agrees on the extensions that a client offers; `undefined` where that cannot be done. */
export function acceptExtensions(
  header: string | undefined,
  { perMessageDeflate, maxPayload }: Pick<SocketOptions, 'perMessageDeflate' | 'maxPayload'>,
): Record<string, PerMessageDeflate> | undefined {
  const options = deflateOptions(perMessageDeflate);
  if (options === undefined || header === undefined) return {};
  try {
    const offers = extension.parse(header)[PerMessageDeflate.extensionName];
    if (offers === undefined) return {};
    const deflate = new PerMessageDeflate({ ...options, isServer: true, maxPayload });
    deflate.accept(offers);
    return { [PerMessageDeflate.extensionName]: deflate };
  } catch {
    return undefined;
  }
}

/**
 * Whether a request is one of HTTP/1.1 with no more than one Host (RFC 6455 §4.2.1, RFC 9112 §3.2), as far as it is one that Node.js has read. It must have one, but
 * there are programs that make requests without, for tests (`injectWS` of `@fastify/websocket`).
 */
function isHttp11({ httpVersionMajor, httpVersionMinor, rawHeaders }: IncomingMessage): boolean {
  if (httpVersionMajor < 1 || (httpVersionMajor === 1 && httpVersionMinor === 0)) return false;
  if (!Array.isArray(rawHeaders) || rawHeaders.length === 0) return true;
  return rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length <= 1;
}

/** Refuses a request, and ends its socket when that is written. */
export function abortHandshake(socket: Duplex, { status, message, headers }: Refusal): void {
  const reason = STATUS_CODES[status] ?? '';
  const body = message === undefined || message === '' ? reason : message;
  const fields = Object.entries({
    Connection: 'close',
    'Content-Type': 'text/html',
    'Content-Length': Buffer.byteLength(body),
    ...headers,
  }).map(([name, value]) => `${name}: ${String(value)}`);
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${reason}\r\n${fields.join('\r\n')}\r\n\r\n${body}`);
}

/** Ends a socket that has failed, before there is a connection on it. */
export function destroyOnError(this: Duplex): void {
  this.destroy();
}
