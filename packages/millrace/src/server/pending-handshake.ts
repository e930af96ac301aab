import type { Duplex } from 'node:stream';

import { TransportError } from '../protocol/base/errors.ts';
import type { HandshakeTrace } from '../engine/diagnostics/handshake-trace.ts';
import type { ConnectionRequest } from '../protocol/handshake/rules/connection-request.ts';
import { MAX_TIMEOUT } from '../transport/timers.ts';
import type { Exchange } from './exchange.ts';

/**
 * How far an opening handshake is.
 *
 * receiving ──valid request──▶ deciding ──▶ accepted
 *     └───────────▶ refused ◀────┘
 */
export type HandshakeStage = 'receiving' | 'deciding' | 'refused' | 'accepted';

/** What happens to a {@link PendingHandshake}. */
export interface PendingHandshakeEvents {
  /** It has taken too long. */
  readonly onTimeout: (pending: PendingHandshake) => void;
  /** The transport is gone, before {@link PendingHandshake.release}. */
  readonly onClose: (pending: PendingHandshake) => void;
}

/** How long an application has to decide about a request: as a signal, if somebody asks for one. */
class HandshakeLifetime {
  #stage: HandshakeStage | undefined;
  #controller: AbortController | undefined;

  /** Aborted when the handshake ends without having been accepted. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    this.#abort();
    return this.#controller.signal;
  }

  end(stage: HandshakeStage): void {
    this.#stage = stage;
    this.#abort();
  }

  #abort(): void {
    if (this.#stage === undefined || this.#stage === 'accepted') return;
    this.#controller?.abort(new TransportError('the opening handshake has ended without being accepted'));
  }
}

/** One opening handshake under way, from the first byte of its transport. */
export class PendingHandshake {
  /** The transport to answer on. For TLS it is the one beneath until {@link secured}. */
  socket: Duplex;
  /** How it is answered; `undefined` before TLS is there, when no response would be understood. */
  exchange: Exchange | undefined;
  stage: HandshakeStage = 'receiving';
  /** What it is counted by; empty for what has no address. */
  address = '';
  /** Why it is refused as soon as its request is there. */
  obstacle: Error | undefined;
  /** Where it comes from, for people. */
  peer = '';
  /** The request, while the application decides about it. */
  request: ConnectionRequest | undefined;
  /** Tells those who trace it; `undefined` if nobody does. */
  trace: HandshakeTrace | undefined;
  /** What the application may learn of, while it decides. */
  readonly lifetime: HandshakeLifetime = new HandshakeLifetime();

  #timer: NodeJS.Timeout | undefined;
  #unwatch: (() => void) | undefined;

  /** Takes away the listener that waits for the end of the transport. */
  readonly #unlisten: () => void;

  constructor(
    socket: Duplex,
    exchange: Exchange | undefined,
    timeout: number,
    { onTimeout, onClose }: PendingHandshakeEvents,
  ) {
    this.socket = socket;
    this.exchange = exchange;
    this.#timer = setTimeout(onTimeout, Math.min(timeout, MAX_TIMEOUT), this).unref();
    const onGone = (): void => onClose(this);
    socket.on('close', onGone);
    this.#unlisten = () => socket.off('close', onGone);
  }

  /** Whether it may be given up for another. */
  get isDispensable(): boolean {
    return this.stage === 'receiving' || this.stage === 'refused';
  }

  /** Goes on with the TLS socket above the transport. */
  secured(socket: Duplex, exchange: Exchange): void {
    this.socket = socket;
    this.exchange = exchange;
  }

  /** Destroys the transport if the peer ends it before {@link settle}. What the peer sends instead stays unread, and bounded. */
  watch(): void {
    const { socket } = this;
    const onReadable = (): void => {
      if (socket.readableLength === 0) socket.read(); // Nothing but an end can be read then.
    };
    const onEnd = (): void => void socket.destroy();
    socket.on('readable', onReadable);
    socket.on('end', onEnd);
    this.#unwatch = () => {
      socket.off('readable', onReadable);
      socket.off('end', onEnd);
    };
  }

  /** Lets go of the transport, which has become a connection: an open one must not keep its handshake. */
  release(): void {
    this.#unlisten();
  }

  /** Stops the clock: the handshake has been answered, or there is nobody left to answer. */
  settle(stage: HandshakeStage): void {
    this.stage = stage;
    this.request = undefined;
    this.lifetime.end(stage);
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#unwatch?.();
    this.#unwatch = undefined;
  }
}
