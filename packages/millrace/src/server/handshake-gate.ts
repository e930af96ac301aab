import { Socket, isIPv4 } from 'node:net';
import type { Duplex } from 'node:stream';

import { TransportError, toError } from '../protocol/base/errors.ts';
import { isPromise } from '../protocol/base/promise.ts';
import { parseAuthority } from '../protocol/handshake/rules/authority.ts';
import { listAcceptanceFields } from '../protocol/handshake/rules/acceptance.ts';
import { judgeRequest, OriginError } from '../protocol/handshake/rules/connection-request.ts';
import type { ConnectionRequest, RequestParts, RequestRules } from '../protocol/handshake/rules/connection-request.ts';
import { isRefusal, refusal, refusalFor, unavailable } from '../protocol/handshake/rules/refusal.ts';
import type { Refusal } from '../protocol/handshake/rules/refusal.ts';
import { selectSubprotocol } from '../protocol/handshake/rules/subprotocols.ts';
import { quote } from '../protocol/base/checks.ts';
import { addressOf, seeThroughProxies } from '../protocol/handshake/proxies/forwarded.ts';
import { formatNetwork, parseIpAddress } from '../protocol/handshake/proxies/ip-address.ts';
import { Alarms } from '../transport/alarms.ts';
import { CHANNELS } from '../engine/diagnostics/channels.ts';
import { tellError } from '../engine/diagnostics/connection-diagnostics.ts';
import { traceHandshake } from '../engine/diagnostics/handshake-trace.ts';
import { prepareSocket } from '../transport/socket-setup.ts';
import { Admission } from './limits/admission.ts';
import type { Exchange } from './exchange.ts';
import type { Decision, HandshakeHandler } from './handshake-handler.ts';
import { LoopDelay } from './limits/loop-delay.ts';
import type { ResolvedHandshakeOptions } from './settings/handshake-options.ts';
import { PendingHandshake, type PendingHandshakeOwner } from './pending-handshake.ts';

/**
 * Takes sockets with requests, hands out connections: what a listener of its own and one attached to another server share.
 *
 * It counts handshakes and connections, keeps the deadline of each handshake, and sees to it that each is answered once.
 */
export class HandshakeGate<Context> implements PendingHandshakeOwner {
  readonly #options: ResolvedHandshakeOptions;
  readonly #handler: HandshakeHandler<Context>;
  readonly #rules: RequestRules;
  readonly #admission: Admission<PendingHandshake>;
  readonly timeout: number;
  readonly alarms: Alarms<PendingHandshake> = new Alarms({
    ring: (pending) => this.#onTimeout(pending),
    keepsAlive: false,
  });
  #warned = false;
  /** Whether requests are accepted, or refused, or whether it is not there any more. */
  #phase: 'accepting' | 'refusing' | 'closed' = 'accepting';

  /** @param admission - who counts, if others count with it */
  constructor(
    options: ResolvedHandshakeOptions,
    handler: HandshakeHandler<Context>,
    admission: Admission<PendingHandshake> = createAdmission(options),
  ) {
    this.#options = options;
    this.timeout = options.handshakeTimeout;
    this.#admission = admission;
    this.#handler = handler;
    this.#rules = options;
  }

  /** Connections that were accepted and are still there. */
  get connections(): number {
    return this.#admission.connections;
  }

  /**
   * Takes a new transport: from now on its errors are ours, and its clock runs.
   *
   * @param exchange - how it is answered; `undefined` for a transport that TLS is still to be put on
   * @param patience - takes so many that come too many nevertheless, and refuses them when their requests are there
   *
   * @returns `undefined` if there are too many already; it has been answered then
   */
  begin(socket: Duplex, exchange: Exchange | undefined, patience = 0): PendingHandshake | undefined {
    socket.on('error', ignore);
    const pending = new PendingHandshake(socket, exchange, this);
    pending.address = socket instanceof Socket ? networkOf(socket.remoteAddress) : '';
    const isClosed = this.#phase === 'closed';
    const obstacle = isClosed ? unavailable('the server is closing') : this.#findObstacle(pending);
    const displaced = obstacle === undefined ? this.#admission.findDisplaced(pending.address) : undefined;
    if (displaced !== undefined) this.#displace(displaced);
    this.#admission.enter(pending);
    if (obstacle === undefined) return pending;
    const isBounded = this.#admission.pending.size <= this.#options.maxPendingHandshakes + patience;
    if (patience > 0 && isBounded && !isClosed) {
      pending.obstacle = obstacle;
      return pending;
    }
    this.refuse(pending, obstacle);
    return undefined;
  }

  /** Answers the request that the exchange of `pending` has received. */
  answer(pending: PendingHandshake): void {
    if (pending.stage !== 'receiving') {
      pending.socket.resume(); // Behind a refused request: to be discarded like the rest.
      return;
    }
    const request = this.#judge(pending);
    if (request === undefined) return;

    pending.stage = 'deciding';
    pending.request = request;
    pending.trace = traceHandshake({ role: 'server', request, peer: request.peer });
    if (pending.trace === undefined) this.#decide(pending, request);
    else pending.trace.run(() => this.#decide(pending, request));
  }

  /**
   * Answers a request that is no WebSocket handshake, whatever its headers say.
   *
   * @param present - may put the refusal in other words
   */
  answerPlain(pending: PendingHandshake, present: (error: unknown) => unknown): void {
    if (pending.stage !== 'receiving' || this.#judge(pending, present) === undefined) return;
    this.refuse(pending, refusal(400, 'not a WebSocket handshake'));
  }

  /** Answers a request that is about something else than a connection. */
  answerOther(pending: PendingHandshake, answer: Refusal): void {
    if (pending.stage !== 'receiving') return;
    pending.settle('refused');
    pending.exchange?.refuse(answer);
  }

  /** Counts a handshake for whom a proxy has it from. */
  moveTo(pending: PendingHandshake, { address, peer }: { readonly address: string; readonly peer: string }): void {
    pending.peer = peer;
    this.#admission.move(pending, networkOf(address));
  }

  /** Answers with what `error` says (see {@link refusalFor}), and ends the transport. */
  refuse(pending: PendingHandshake, error: unknown): void {
    const { request, socket, exchange } = pending;
    pending.settle('refused');
    if (error instanceof OriginError) this.#warnOnce(error);
    if (!isRefusal(error)) this.report(error);
    const refused = this.#toRefusal(error);
    if (exchange === undefined) socket.destroy();
    else exchange.refuse(refused);
    this.#tellRefused(pending, { error, request, status: exchange === undefined ? undefined : refused.status });
  }

  /** Hands an error of ours to the application, or to the process as a warning. */
  report(error: unknown): void {
    const reported = toReadableError(error);
    tellError(undefined, reported);
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

  /** Refuses requests from now on: those that come (503), and those that are being decided about. Repeating it does nothing. */
  refuseNew(): void {
    if (this.#phase === 'accepting') this.#phase = 'refusing';
    for (const pending of [...this.#admission.pending]) {
      if (pending.stage === 'deciding') this.refuse(pending, unavailable('the server is closing'));
    }
  }

  /** Ends every handshake that is under way; connections stay. */
  close(): void {
    this.refuseNew();
    this.#phase = 'closed';
    for (const { stage, socket } of this.#admission.pending) {
      // One that is refused ends soon: its answer is on its way.
      if (stage !== 'refused') socket.destroy();
    }
  }

  /** Says why a new transport cannot be taken, if it cannot. */
  #findObstacle({ address }: PendingHandshake): Error | undefined {
    return this.#handler.findObstacle?.() ?? this.#admission.findObstacle(address);
  }

  /** Gives a handshake up for that of another address. */
  #displace(pending: PendingHandshake): void {
    this.#admission.leave(pending);
    if (pending.stage === 'refused') pending.socket.destroy();
    else this.refuse(pending, refusal(503, 'too many opening handshakes of this address are under way'));
  }

  #judge(
    pending: PendingHandshake,
    present: (error: unknown) => unknown = (error) => error,
  ): ConnectionRequest | undefined {
    try {
      if (this.#phase !== 'accepting') throw unavailable('the server is closing');
      if (pending.obstacle !== undefined) throw pending.obstacle;
      if (pending.exchange === undefined) throw refusal(400, 'not a WebSocket handshake');
      const parts = this.#see(pending, pending.exchange.read(this.#rules));
      return judgeRequest(parts, this.#rules, pending.lifetime);
    } catch (error) {
      this.refuse(pending, present(error));
      return undefined;
    }
  }

  /** Looks through trusted proxies. */
  #see(pending: PendingHandshake, parts: RequestParts): RequestParts {
    const { trustedProxies } = this.#options;
    if (trustedProxies === undefined) return parts;
    const { peer, scheme, authority } = seeThroughProxies(parts, parts.headers.distinct, trustedProxies);
    if (parseAuthority(authority) === undefined) throw refusal(400, `invalid forwarded host ${quote(authority)}`);
    if (peer !== parts.peer) this.moveTo(pending, { address: addressOf(peer), peer });
    const full = this.#admission.findFull(pending.address);
    if (full !== undefined) throw full;
    return { ...parts, peer, scheme, authority };
  }

  #decide(pending: PendingHandshake, request: ConnectionRequest): void {
    try {
      const decision = this.#handler.decide(request);
      if (!isPromise(decision)) {
        this.#accept(pending, request, decision);
        return;
      }
      pending.watch();
      decision.then(
        (decided) => this.#accept(pending, request, decided),
        (error: unknown) => this.#deny(pending, error),
      );
    } catch (error) {
      this.#deny(pending, error);
    }
  }

  #deny(pending: PendingHandshake, error: unknown): void {
    if (pending.stage === 'deciding') this.refuse(pending, error);
    else if (!isRefusal(error)) this.report(error);
  }

  #accept(pending: PendingHandshake, request: ConnectionRequest, decision: Decision<Context>): void {
    const { exchange } = pending;
    if (exchange === undefined || pending.stage !== 'deciding' || pending.socket.destroyed) return;

    const subprotocol = decision.subprotocol ?? selectSubprotocol(request.subprotocols, this.#options.subprotocols);
    const { extensions, context } = decision;
    let fields;
    try {
      const full = this.#handler.findObstacle?.() ?? this.#admission.findFull(pending.address);
      if (full !== undefined) throw full;
      const headers = [this.#options.headers, decision.headers];
      fields = listAcceptanceFields({ subprotocol, extensions, headers }, request);
    } catch (error) {
      this.refuse(pending, error);
      return;
    }
    pending.settle('accepted');
    pending.release();
    const onConnectionClose = this.#admission.accept(pending);
    const { socket, head } = exchange.accept(fields);
    socket.on('close', onConnectionClose);
    prepareSocket(socket);
    pending.trace?.end({ status: 101, subprotocol });
    this.#handOver(socket, () => this.#handler.accepted({ socket, head, request, subprotocol, extensions, context }));
    // Whoever has the connection listens, too.
    if (socket.listenerCount('error') > 1) socket.off('error', ignore);
  }

  #handOver(socket: Duplex, accepted: () => void): void {
    try {
      accepted();
    } catch (error) {
      socket.destroy();
      this.report(error);
    }
  }

  /** What `error` says; where that cannot be sent, nothing but that we have failed. */
  #toRefusal(error: unknown): Refusal {
    try {
      return refusalFor(error);
    } catch (failure) {
      this.report(failure);
      return refusalFor(failure);
    }
  }

  #onTimeout(pending: PendingHandshake): void {
    if (pending.stage === 'deciding') this.refuse(pending, refusal(503, 'the server took too long to decide'));
    else this.refuse(pending, refusal(408, 'the opening handshake took too long'));
  }

  onClose(pending: PendingHandshake): void {
    const { request, stage } = pending;
    this.#admission.leave(pending);
    pending.settle(stage);
    if (stage !== 'deciding') return;
    pending.stage = 'refused';
    const error = new TransportError('the peer went away before its opening handshake was answered');
    this.#tellRefused(pending, { error, request, status: undefined });
  }

  #warnOnce(error: OriginError): void {
    if (this.#warned) return;
    this.#warned = true;
    process.emitWarning(`${error.message} (said once)`, { type: 'MillraceWarning', code: 'MILLRACE_ORIGIN' });
  }

  #tellRefused(
    { peer, trace }: PendingHandshake,
    { error, request, status }: { error: unknown; request: ConnectionRequest | undefined; status: number | undefined },
  ): void {
    const readable = toReadableError(error);
    trace?.end({ status, error: readable });
    if (CHANNELS.refused.hasSubscribers) CHANNELS.refused.publish({ status, error: readable, peer, request });
    this.#notify(() => this.#handler.refused?.(readable, request, status));
    const { onRefused } = this.#options;
    if (onRefused !== undefined) this.#notify(() => onRefused({ status, error: readable, peer, request }));
  }

  #notify(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.report(error);
    }
  }
}

/** Makes what counts the handshakes and connections of a server. */
export function createAdmission(options: ResolvedHandshakeOptions): Admission<PendingHandshake> {
  return new Admission(options, new LoopDelay(options.maxLoopDelay !== Infinity));
}

/** What handshakes and connections of an address are counted by: IPv6 by /64, for that is what one client has. */
function networkOf(address: string | undefined): string {
  // What the operating system says of IPv4 is what would come out.
  if (address === undefined || isIPv4(address)) return address ?? '';
  const parsed = parseIpAddress(address);
  return parsed === undefined ? '' : formatNetwork(parsed);
}

/** Makes an error of whatever was thrown, for whoever reads its message. */
function toReadableError(thrown: unknown): Error {
  return typeof thrown === 'string' ? new Error(thrown, { cause: thrown }) : toError(thrown);
}

/** What becomes of an error of a socket is in its `'close'` event. */
function ignore(): void {
  // Nothing to do.
}
