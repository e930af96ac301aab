import { request } from 'node:http';
import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions as TlsConnectionOptions } from 'node:tls';

import { explain, HandshakeError, MillraceError, TransportError } from '../protocol/base/errors.ts';
import { announcesBody, judgeResponse } from '../protocol/handshake/http1/read-response.ts';
import type { ResponseRules } from '../protocol/handshake/http1/read-response.ts';
import type { ConnectionResponse } from '../protocol/handshake/rules/connection-response.ts';
import type { HeaderField } from '../protocol/handshake/rules/header-fields.ts';
import { formatPeer } from '../transport/socket-setup.ts';
import type { Endpoint } from './endpoint.ts';

/** What a server has accepted. */
export interface AcceptedAttempt {
  readonly socket: Duplex;
  /** What came right behind the response; its own memory. */
  readonly head: Uint8Array;
  readonly response: ConnectionResponse;
}

/** What an {@link Attempt} is made of. */
export interface AttemptSetup {
  readonly endpoint: Endpoint;
  readonly rules: ResponseRules;
  readonly fields: readonly HeaderField[];
  /** Gives it up, with its reason. */
  readonly signal: AbortSignal;
}

/** What brings the bytes: a transport, or an agent of Node.js with what it needs to know. */
export type AttemptTransport =
  { readonly socket: Duplex } | { readonly agent: Agent; readonly tls: TlsConnectionOptions };

interface Outcome {
  readonly resolve: (accepted: AcceptedAttempt) => void;
  readonly reject: (error: unknown) => void;
}

interface Answer {
  readonly message: IncomingMessage;
  readonly chunks: Uint8Array[];
  size: number;
}

/** Longest body of a refusal that is kept, in bytes. */
const MAX_BODY_SIZE = 65_536;

/** Interim responses (100, 103, …) before the answer that are put up with. */
const MAX_INTERIM_RESPONSES = 10;

/**
 * Sends the request of an opening handshake, and judges what comes back.
 *
 * @param transport - destroyed where the server does not accept
 *
 * @throws {HandshakeError} the server did not accept, or what it answered is not valid
 * @throws {TransportError} the transport was lost; with `cause`
 */
export function attemptOn(transport: AttemptTransport, setup: AttemptSetup): Promise<AcceptedAttempt> {
  return new Promise((resolve, reject) => {
    new Attempt(transport, setup, { resolve, reject }).start();
  });
}

/** One request and its answer. It has one outcome; whatever comes after it is ignored. */
class Attempt {
  readonly #transport: AttemptTransport;
  readonly #setup: AttemptSetup;
  /** `undefined` once it is settled. */
  #outcome: Outcome | undefined;
  #request: ClientRequest | undefined;
  /** A refusal whose body is still coming. */
  #refusal: Answer | undefined;
  #interimResponses = 0;

  constructor(transport: AttemptTransport, setup: AttemptSetup, outcome: Outcome) {
    this.#transport = transport;
    this.#setup = setup;
    this.#outcome = outcome;
  }

  start(): void {
    const { signal } = this.#setup;
    if (signal.aborted) {
      this.#onAbort();
      return;
    }
    signal.addEventListener('abort', this.#onAbort, { once: true });
    if (this.#socket?.destroyed === true) this.#fail(new Error('the transport was destroyed before it was used'));
    else this.#send();
  }

  #send(): void {
    const { endpoint, fields, rules } = this.#setup;
    const { maxHeaderSize, maxHeaderCount } = rules;
    const options = {
      path: endpoint.target,
      headers: fields.flat(),
      insecureHTTPParser: false,
      maxHeaderSize: Math.min(maxHeaderSize, Number.MAX_SAFE_INTEGER),
    };
    const sent = this.#begin(options);
    this.#request = sent;
    // One line more than allowed is enough to know that there are too many; 0 is no limit.
    sent.maxHeadersCount = maxHeaderCount < 100_000 ? maxHeaderCount + 1 : 0;
    sent.on('upgrade', this.#onUpgrade);
    sent.on('response', this.#onResponse);
    sent.on('information', this.#onInformation);
    sent.on('error', this.#onError);
    sent.end();
  }

  get #socket(): Duplex | undefined {
    return 'socket' in this.#transport ? this.#transport.socket : undefined;
  }

  #begin(options: RequestOptions): ClientRequest {
    const transport = this.#transport;
    if ('socket' in transport) {
      const sent = request({ ...options, createConnection: () => transport.socket });
      // One that a proxy has brought is paused, with what came behind its answer.
      sent.once('socket', (socket) => socket.resume());
      return sent;
    }
    const { agent, tls } = transport;
    const { hostname: host, port, encrypted } = this.#setup.endpoint;
    return encrypted
      ? httpsRequest({ ALPNProtocols: ['http/1.1'], ...tls, ...options, agent, host, port })
      : request({ ...options, agent, host, port });
  }

  readonly #onUpgrade = (message: IncomingMessage, socket: Duplex, head: Uint8Array): void => {
    try {
      const response = this.#judge(message, '');
      if (announcesBody(response)) warnOfBody();
      // A copy: the head is a view into a read buffer of 64 KiB, which it would keep alive.
      const accepted = { socket, head: new Uint8Array(head), response };
      const outcome = this.#settle();
      if (outcome === undefined) socket.destroy();
      else outcome.resolve(accepted);
    } catch (error) {
      this.#fail(error);
    }
  };

  /** Anything but a switch of protocols: its body may say why, so it is read first. */
  readonly #onResponse = (message: IncomingMessage): void => {
    const refusal: Answer = { message, chunks: [], size: 0 };
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
    } else this.#fail(cause);
  };

  /** The time is up, or nobody wants it any more. A refusal that has begun is what there is to say about it. */
  readonly #onAbort = (): void => {
    const reason: unknown = this.#setup.signal.reason;
    if (this.#refusal !== undefined && reason instanceof HandshakeError) this.#onRefused(this.#refusal);
    else this.#reject(reason);
  };

  #onRefused({ message, chunks }: Answer): void {
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
    const raw = { status: statusCode, httpVersion, rawHeaders, peer: formatPeer(socket) };
    return judgeResponse(raw, this.#setup.rules, body);
  }

  #fail(error: unknown): void {
    this.#reject(error instanceof MillraceError ? error : transportError(this.#setup.endpoint, error));
  }

  #reject(reason: unknown): void {
    this.#settle()?.reject(reason);
    this.#request?.destroy();
    this.#socket?.destroy();
  }

  /** Lets go of everything that could settle it again. */
  #settle(): Outcome | undefined {
    const outcome = this.#outcome;
    this.#outcome = undefined;
    this.#refusal = undefined;
    this.#setup.signal.removeEventListener('abort', this.#onAbort);
    return outcome;
  }
}

let hasWarned = false;

function warnOfBody(): void {
  if (hasWarned) return;
  hasWarned = true;
  process.emitWarning('a server announces a body in its response 101, which has none; that is ignored (said once)', {
    type: 'MillraceWarning',
    code: 'MILLRACE_SWITCHED_WITH_BODY',
  });
}

/** Makes the error for a transport that could not be had, or was lost. */
export function transportError({ url }: Endpoint, cause: unknown): TransportError {
  return new TransportError(`no connection to ${url}: ${explain(cause)}`, { cause });
}

/** What becomes of an error is in the outcome, or in the socket's `'close'` event. */
function ignore(): void {
  // Nothing to do.
}
