import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';

import { HandshakeError, TransportError, toError } from '../protocol/base/errors.ts';
import { isPromise } from '../protocol/base/promise.ts';
import { ConnectionDeny } from '../protocol/handshake/connection-deny.ts';
import { judgeRequest, OriginError, refusal, selectSubprotocol } from '../protocol/handshake/connection-request.ts';
import type { JudgedRequest, RequestRules } from '../protocol/handshake/connection-request.ts';
import { acceptInput, encodeAcceptance, encodeRefusal, refusalFor } from '../protocol/handshake/server-response.ts';
import type { Refusal } from '../protocol/handshake/server-response.ts';
import { formatPeer, prepareSocket } from '../transport/socket-setup.ts';
import type { Decision, HandshakeHandler } from './handshake-handler.ts';
import type { ResolvedServerOptions } from './options.ts';
import { PendingHandshake, type PendingHandshakeEvents } from './pending-handshake.ts';
import { refuse } from './refuse.ts';

const EMPTY = new Uint8Array(0);

/** A valid request that is being decided about. */
interface Exchange extends JudgedRequest {
  readonly pending: PendingHandshake;
  readonly head: Uint8Array;
}

/**
 * Takes sockets with requests, hands out connections: what a listener of its own and one attached to another server share.
 *
 * It counts handshakes and connections, keeps the deadline of each handshake, and sees to it that each is answered once.
 */
export class HandshakeGate<Context> {
  readonly #options: ResolvedServerOptions;
  readonly #handler: HandshakeHandler<Context>;
  readonly #rules: RequestRules;
  readonly #pending = new Set<PendingHandshake>();
  // One of each for all sockets.
  readonly #events: PendingHandshakeEvents = {
    onTimeout: (pending) => this.#onTimeout(pending),
    onClose: (pending) => this.#onClose(pending),
  };
  readonly #onConnectionClose = (): void => {
    this.#connections--;
  };
  #connections = 0;
  #warned = false;
  #closed = false;

  constructor(options: ResolvedServerOptions, handler: HandshakeHandler<Context>) {
    this.#options = options;
    this.#handler = handler;
    const { allowedOrigins, path, maxHeaderSize, maxHeaderCount } = options;
    this.#rules = { allowedOrigins, path, maxHeaderSize, maxHeaderCount };
  }

  /** Connections that were accepted and are still there. */
  get connections(): number {
    return this.#connections;
  }

  /**
   * Takes a new transport: from now on its errors are ours, and its clock runs.
   *
   * @param speaksHttp - `false` for a transport that TLS is still to be put on
   *
   * @returns `undefined` if there are too many already; it has been answered then
   */
  begin(socket: Duplex, speaksHttp: boolean): PendingHandshake | undefined {
    socket.on('error', ignore);
    const full = this.#findFull();
    const pending = new PendingHandshake(socket, speaksHttp, this.#options.handshakeTimeout, this.#events);
    this.#pending.add(pending);
    if (full === undefined) return pending;
    this.refuse(pending, full);
    return undefined;
  }

  /**
   * Answers a request.
   *
   * @param head - what came right behind it
   * @param maxHeaderCount - most header lines that whoever parsed the request would keep
   */
  answer(
    pending: PendingHandshake,
    message: IncomingMessage,
    head: Uint8Array,
    maxHeaderCount: number = Infinity,
  ): void {
    if (pending.stage !== 'receiving') {
      pending.socket.resume(); // Behind a refused request: to be discarded like the rest.
      return;
    }
    const judged = this.#judge(pending, message, maxHeaderCount);
    if (judged === undefined) return;

    pending.stage = 'deciding';
    pending.request = judged.request;
    // A copy: the head is a view into a read buffer of 64 KiB, which it would keep alive.
    this.#decide({ ...judged, pending, head: head.length === 0 ? EMPTY : new Uint8Array(head) });
  }

  /** Answers a request that is no WebSocket handshake, whatever its headers say. */
  answerPlain(pending: PendingHandshake, message: IncomingMessage): void {
    if (pending.stage !== 'receiving') return;
    message.resume();
    pending.headOnly = message.method === 'HEAD';
    if (this.#judge(pending, message, Infinity) === undefined) return;
    this.refuse(pending, refusal(400, 'not a WebSocket handshake'));
  }

  /** Answers with what `error` says (see {@link refusalFor}), and ends the transport. */
  refuse(pending: PendingHandshake, error: unknown): void {
    const { request, socket, speaksHttp } = pending;
    pending.settle('refused');
    if (error instanceof OriginError) this.#warnOnce(error);
    if (!isDenial(error)) this.report(error);
    const response = this.#encode({ ...refusalFor(error), headOnly: pending.headOnly });
    if (speaksHttp) refuse(socket, response);
    else socket.destroy();
    this.#notify(() => this.#handler.refused?.(toReadableError(error), request));
  }

  /** Hands an error of ours to the application, or to the process as a warning. */
  report(error: unknown): void {
    const reported = toReadableError(error);
    if (this.#handler.error === undefined) {
      process.emitWarning(reported);
      return;
    }
    try {
      this.#handler.error(reported);
    } catch (failure) {
      process.emitWarning(toReadableError(failure));
    }
  }

  /** Ends every handshake that is under way; connections stay. */
  close(): void {
    this.#closed = true;
    for (const { socket } of this.#pending) socket.destroy();
  }

  #judge(pending: PendingHandshake, message: IncomingMessage, maxHeaderCount: number): JudgedRequest | undefined {
    const rules = { ...this.#rules, maxHeaderCount: Math.min(this.#rules.maxHeaderCount, maxHeaderCount) };
    const { socket } = pending;
    try {
      return judgeRequest(
        {
          method: message.method ?? '',
          target: message.url ?? '',
          httpVersion: message.httpVersion,
          rawHeaders: message.rawHeaders,
          peer: formatPeer(socket),
          encrypted: socket instanceof TLSSocket,
        },
        rules,
      );
    } catch (error) {
      this.refuse(pending, error);
      return undefined;
    }
  }

  #decide(exchange: Exchange): void {
    const { pending, request } = exchange;
    try {
      const decision = this.#handler.decide(request, pending.socket);
      if (!isPromise(decision)) {
        this.#accept(exchange, decision);
        return;
      }
      pending.watch();
      decision.then(
        (decided) => this.#accept(exchange, decided),
        (error: unknown) => this.#deny(exchange, error),
      );
    } catch (error) {
      this.#deny(exchange, error);
    }
  }

  #deny({ pending }: Exchange, error: unknown): void {
    if (pending.stage === 'deciding') this.refuse(pending, error);
    else if (!isDenial(error)) this.report(error);
  }

  #accept(exchange: Exchange, decision: Decision<Context>): void {
    const { pending, request, key } = exchange;
    const { socket } = pending;
    if (pending.stage !== 'deciding' || socket.destroyed) return;

    const subprotocol = decision.subprotocol ?? selectSubprotocol(request.protocols, this.#options.subprotocols);
    const { extensions, context } = decision;
    try {
      if (this.#connections >= this.#options.maxConnections) throw this.#tooMany('maxConnections');
      const accept = createHash('sha1').update(acceptInput(key)).digest('base64');
      const headers = [this.#options.headers, decision.headers];
      socket.write(encodeAcceptance({ accept, subprotocol, extensions, headers }, request));
    } catch (error) {
      this.refuse(pending, error);
      return;
    }
    pending.settle('accepted');
    pending.release();
    this.#pending.delete(pending);
    this.#connections++;
    socket.on('close', this.#onConnectionClose);
    prepareSocket(socket);
    this.#handOver(socket, () =>
      this.#handler.accepted({
        socket,
        head: readAll(exchange.head, socket),
        request,
        subprotocol,
        extensions,
        context,
      }),
    );
  }

  #handOver(socket: Duplex, accepted: () => void): void {
    try {
      accepted();
    } catch (error) {
      socket.destroy();
      this.report(error);
    }
  }

  #encode(answer: Refusal): Uint8Array {
    try {
      return encodeRefusal(answer);
    } catch (error) {
      this.report(error);
      return encodeRefusal(refusalFor(error));
    }
  }

  #onTimeout(pending: PendingHandshake): void {
    if (pending.stage === 'deciding') this.refuse(pending, refusal(503, 'the server took too long to decide'));
    else this.refuse(pending, refusal(408, 'the opening handshake took too long'));
  }

  #onClose(pending: PendingHandshake): void {
    const { request, stage } = pending;
    this.#pending.delete(pending);
    pending.settle(stage);
    if (stage !== 'deciding') return;
    pending.stage = 'refused';
    const error = new TransportError('the peer went away before its opening handshake was answered');
    this.#notify(() => this.#handler.refused?.(error, request));
  }

  #findFull(): HandshakeError | undefined {
    if (this.#closed) return refusal(503, 'the server is closing');
    if (this.#connections >= this.#options.maxConnections) return this.#tooMany('maxConnections');
    if (this.#pending.size >= this.#options.maxPendingHandshakes) return this.#tooMany('maxPendingHandshakes');
    return undefined;
  }

  #tooMany(option: 'maxConnections' | 'maxPendingHandshakes'): HandshakeError {
    return refusal(503, `the server has as many connections as it may: ${option}, ${String(this.#options[option])}`);
  }

  #warnOnce(error: OriginError): void {
    if (this.#warned) return;
    this.#warned = true;
    process.emitWarning(`${error.message} (said once)`, { type: 'MillraceWarning', code: 'MILLRACE_ORIGIN' });
  }

  #notify(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.report(error);
    }
  }
}

/** Whether an error says how to answer a request; any other is one of ours. */
function isDenial(error: unknown): boolean {
  return error instanceof HandshakeError || error instanceof ConnectionDeny;
}

/** Joins `head` and what the socket holds unread. */
function readAll(head: Uint8Array, socket: Duplex): Uint8Array {
  const rest: unknown = socket.readableLength === 0 ? null : socket.read();
  if (!(rest instanceof Uint8Array)) return head;
  const bytes = new Uint8Array(head.length + rest.length);
  bytes.set(head);
  bytes.set(rest, head.length);
  return bytes;
}

/** Makes an error of whatever was thrown, for whoever reads its message. */
function toReadableError(thrown: unknown): Error {
  return typeof thrown === 'string' ? new Error(thrown, { cause: thrown }) : toError(thrown);
}

/** What becomes of an error of a socket is in its `'close'` event. */
function ignore(): void {
  // Nothing to do.
}
