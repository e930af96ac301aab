import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import { HandshakeError, MillraceError, TransportError } from '../protocol/base/errors.ts';
import { listRequestFields } from '../protocol/handshake/http1/client-request.ts';
import { judgeResponse } from '../protocol/handshake/http1/read-response.ts';
import type { ResponseRules } from '../protocol/handshake/http1/read-response.ts';
import type { ConnectionResponse } from '../protocol/handshake/rules/connection-response.ts';
import type { HeaderField } from '../protocol/handshake/rules/header-fields.ts';
import { acceptInput } from '../protocol/handshake/http1/response.ts';
import { formatPeer, prepareSocket } from '../transport/socket-setup.ts';
import { MAX_TIMEOUT } from '../transport/timers.ts';
import { openTransport } from './connector.ts';
import { parseEndpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import type { ResolvedClientOptions } from './options.ts';

/** A connection whose opening handshake is done. */
export interface EstablishedHandshake {
  /**
   * The transport, not flowing; `'error'` has a listener that ignores it. It may have ended or been destroyed by the time
   * somebody looks at it.
   */
  readonly socket: Duplex;
  /** What the server sent right behind its response; its own memory. Comes before anything that is read from the socket. */
  readonly head: Uint8Array;
  readonly response: ConnectionResponse;
  /** The URL that was dialed, without user name and password. */
  readonly url: string;
}

/** Longest body of a refusal that is kept, in bytes. */
const MAX_BODY_SIZE = 65_536;

/** Interim responses (100, 103, …) before the answer that are put up with. */
const MAX_INTERIM_RESPONSES = 10;

/**
 * Connects to a WebSocket server and does the opening handshake. Redirects are not followed.
 *
 * @param url - `ws:`, `wss:`, `http:`, `https:` or `ws+unix:`; a user name and password in it become an `Authorization` header
 * @param extensions - value of the `Sec-WebSocket-Extensions` header: what to offer
 *
 * @throws {LocalUsageError} the URL is invalid, or something of the request cannot be sent
 * @throws {TransportError} there is no connection: name lookup, TCP or TLS failed, or it was lost; with `cause`
 * @throws {HandshakeError} the server did not accept, what it answered is not valid, the time was up, or the signal was
 *   aborted, with its reason as `cause`
 *
 * @see RFC 6455 §4.1 (Client Requirements)
 */
export async function dial(
  url: string | URL,
  options: ResolvedClientOptions,
  extensions?: string,
): Promise<EstablishedHandshake> {
  const endpoint = parseEndpoint(url);
  const { target, host, authorization } = endpoint;
  const { origin, subprotocols, headers, maxHeaderSize, maxHeaderCount } = options;
  const key = randomBytes(16).toString('base64');
  const fields = listRequestFields({ target, host, key, origin, subprotocols, extensions, authorization, headers });
  const accept = createHash('sha1').update(acceptInput(key)).digest('base64');

  const rules = { accept, subprotocols, extensions, maxHeaderSize, maxHeaderCount };
  return new Promise((resolve, reject) => {
    new Dialing(endpoint, rules, { resolve, reject }).start(fields, options);
  });
}

interface Outcome {
  readonly resolve: (established: EstablishedHandshake) => void;
  readonly reject: (error: Error) => void;
}

/** One attempt to connect. It has one outcome; whatever comes after it is ignored. */
class Dialing {
  readonly #endpoint: Endpoint;
  readonly #rules: ResponseRules;
  /** `undefined` once it is settled. */
  #outcome: Outcome | undefined;
  #timer: NodeJS.Timeout | undefined;
  #signal: AbortSignal | undefined;
  #request: ClientRequest | undefined;
  /** A refusal whose body is still coming. */
  #refusal: Refusal | undefined;
  #interimResponses = 0;

  constructor(endpoint: Endpoint, rules: ResponseRules, outcome: Outcome) {
    this.#endpoint = endpoint;
    this.#rules = rules;
    this.#outcome = outcome;
  }

  start(fields: readonly HeaderField[], options: ResolvedClientOptions): void {
    const { signal, handshakeTimeout } = options;
    this.#signal = signal;
    if (signal?.aborted === true) {
      this.#onAbort();
      return;
    }
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.#timer = setTimeout(() => this.#onTimeout(handshakeTimeout), Math.min(handshakeTimeout, MAX_TIMEOUT));
    try {
      const socket = openTransport(this.#endpoint, options);
      socket.on('error', ignore);
      if (socket.destroyed) throw new Error('the transport was destroyed before it was used');
      this.#send(socket, fields);
    } catch (cause) {
      this.#fail(this.#transportError(cause));
    }
  }

  #send(socket: Duplex, fields: readonly HeaderField[]): void {
    const { maxHeaderSize, maxHeaderCount } = this.#rules;
    this.#request = request({
      createConnection: () => socket,
      path: this.#endpoint.target,
      headers: fields.flat(),
      insecureHTTPParser: false,
      maxHeaderSize: Math.min(maxHeaderSize, Number.MAX_SAFE_INTEGER),
    });
    // One line more than allowed is enough to know that there are too many; 0 is no limit.
    this.#request.maxHeadersCount = maxHeaderCount < 100_000 ? maxHeaderCount + 1 : 0;
    this.#request.on('upgrade', this.#onUpgrade);
    this.#request.on('response', this.#onResponse);
    this.#request.on('information', this.#onInformation);
    this.#request.on('error', this.#onError);
    this.#request.end();
  }

  readonly #onUpgrade = (message: IncomingMessage, socket: Duplex, head: Uint8Array): void => {
    try {
      const response = this.#judge(message, '');
      prepareSocket(socket);
      // A copy: the head is a view into a read buffer of 64 KiB, which it would keep alive.
      const established = { socket, head: new Uint8Array(head), response, url: this.#endpoint.url };
      const outcome = this.#settle();
      if (outcome === undefined) socket.destroy();
      else outcome.resolve(established);
    } catch (error) {
      this.#fail(error);
    }
  };

  /** Anything but a switch of protocols: its body may say why, so it is read first. */
  readonly #onResponse = (message: IncomingMessage): void => {
    const refusal: Refusal = { message, chunks: [], size: 0 };
    this.#refusal = refusal;
    message.on('error', ignore);
    message.on('close', () => this.#onRefused(refusal));
    message.on('data', (chunk: Uint8Array) => {
      if (refusal.size >= MAX_BODY_SIZE) return;
      refusal.chunks.push(chunk.subarray(0, MAX_BODY_SIZE - refusal.size));
      refusal.size += chunk.length;
      if (refusal.size >= MAX_BODY_SIZE) this.#onRefused(refusal);
    });
  };

  readonly #onInformation = (): void => {
    this.#interimResponses++;
    if (this.#interimResponses <= MAX_INTERIM_RESPONSES) return;
    this.#fail(new HandshakeError(`the server sent more than ${String(MAX_INTERIM_RESPONSES)} interim responses`));
  };

  readonly #onError = (cause: NodeJS.ErrnoException): void => {
    if (this.#refusal !== undefined) this.#onRefused(this.#refusal);
    else if (cause.code === 'HPE_HEADER_OVERFLOW') {
      this.#fail(new HandshakeError('the head of the response exceeds maxHeaderSize', { cause }));
    } else if (cause.code?.startsWith('HPE_') === true) {
      this.#fail(new HandshakeError('the server did not answer with valid HTTP/1.1', { cause }));
    } else this.#fail(this.#transportError(cause));
  };

  readonly #onAbort = (): void => {
    this.#fail(new HandshakeError('the opening handshake was aborted', { cause: this.#signal?.reason }));
  };

  #onTimeout(timeout: number): void {
    if (this.#refusal !== undefined) this.#onRefused(this.#refusal);
    else
      this.#fail(new HandshakeError(`the opening handshake took longer than handshakeTimeout, ${String(timeout)} ms`));
  }

  #onRefused({ message, chunks }: Refusal): void {
    try {
      this.#judge(message, Buffer.concat(chunks).toString());
      this.#fail(new HandshakeError('the server did not switch protocols'));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** @throws {HandshakeError} the response does not accept what we asked for */
  #judge(message: IncomingMessage, body: string): ConnectionResponse {
    const { statusCode = 0, httpVersion, rawHeaders, socket } = message;
    return judgeResponse({ status: statusCode, httpVersion, rawHeaders, peer: formatPeer(socket) }, this.#rules, body);
  }

  #transportError(cause: unknown): TransportError {
    const text = cause instanceof Error ? cause.message : String(cause);
    return new TransportError(`no connection to ${this.#endpoint.url}: ${text}`, { cause });
  }

  #fail(error: unknown): void {
    this.#settle()?.reject(error instanceof MillraceError ? error : this.#transportError(error));
    this.#request?.destroy();
  }

  /** Lets go of everything that could settle it again. */
  #settle(): Outcome | undefined {
    const outcome = this.#outcome;
    this.#outcome = undefined;
    this.#refusal = undefined;
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#onAbort);
    return outcome;
  }
}

interface Refusal {
  readonly message: IncomingMessage;
  readonly chunks: Uint8Array[];
  size: number;
}

/** What becomes of an error is in the outcome, or in the socket's `'close'` event. */
function ignore(): void {
  // Nothing to do.
}
