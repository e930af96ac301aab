import type { EventEmitter } from 'node:events';
import type { OutgoingHttpHeaders } from 'node:http';

import type { HandshakeRequestOptions } from './options.ts';

/** Where a client has dialed first. */
interface Origin {
  readonly isIpc: boolean;
  readonly isSecure: boolean;
  /** The host with its port, or the path of the socket. */
  readonly place: string;
}

/** Keeps credentials from places that they were not meant for, while redirects are followed. */
export class RedirectGuard {
  #origin: Origin | undefined;
  /** The header that the first request has had, made of its address where it had none. */
  #authorization: OutgoingHttpHeaders['authorization'];

  /** Looks at a request that is about to be sent: the first, or that of a redirect. */
  apply(webSocket: EventEmitter, url: URL, options: HandshakeRequestOptions): void {
    const place = url.protocol === 'ws+unix:' ? (options.socketPath ?? '') : url.host;
    const here: Origin = { isIpc: url.protocol === 'ws+unix:', isSecure: url.protocol === 'wss:', place };
    const headers = lowerCaseNames(options.headers);
    options.headers = headers;
    if (this.#origin === undefined) {
      this.#origin = here;
      this.#keepAuthorization(headers, options);
      return;
    }
    this.#restoreAuthorization(headers);
    // Whoever listens decides.
    if (webSocket.listenerCount('redirect') > 0) return;
    const isSame = here.isIpc === this.#origin.isIpc && here.place === this.#origin.place;
    if (isSame && (here.isSecure || !this.#origin.isSecure)) return;
    delete headers.authorization;
    delete headers.cookie;
    if (!isSame) delete headers.host;
    options.auth = undefined;
  }

  #keepAuthorization(headers: OutgoingHttpHeaders, { auth }: HandshakeRequestOptions): void {
    const basic = typeof auth === 'string' && auth !== '' ? `Basic ${Buffer.from(auth).toString('base64')}` : undefined;
    this.#authorization = headers.authorization ?? basic;
  }

  #restoreAuthorization(headers: OutgoingHttpHeaders): void {
    if (headers.authorization === undefined && this.#authorization !== undefined) {
      headers.authorization = this.#authorization;
    }
  }
}

/** The names that a program may have given in any case; those of ours stay as they are on the wire. */
function lowerCaseNames(headers: HandshakeRequestOptions['headers']): OutgoingHttpHeaders {
  const named: OutgoingHttpHeaders = {};
  if (headers === undefined || Array.isArray(headers)) return named;
  for (const [name, value] of Object.entries(headers)) {
    named[KEPT.has(name) ? name : name.toLowerCase()] = value;
  }
  return named;
}

const KEPT: ReadonlySet<string> = new Set([
  'Sec-WebSocket-Version',
  'Sec-WebSocket-Key',
  'Sec-WebSocket-Protocol',
  'Sec-WebSocket-Origin',
  'Sec-WebSocket-Extensions',
  'Connection',
  'Upgrade',
  'Origin',
]);
