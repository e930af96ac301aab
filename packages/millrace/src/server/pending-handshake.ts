import type { Duplex } from 'node:stream';

import { TransportError } from '../protocol/base/errors.ts';
import type { HandshakeTrace } from '../engine/diagnostics/handshake-trace.ts';
import type { ConnectionRequest } from '../protocol/handshake/rules/connection-request.ts';
import type { Alarm, Alarms } from '../transport/alarms.ts';
import { formatPeer } from '../transport/socket-setup.ts';
import type { Exchange } from './exchange.ts';

/**
 * How far an opening handshake is.
 *
 * receiving ──valid request──▶ deciding ──▶ accepted
 *     └───────────▶ refused ◀────┘
 */
export type HandshakeStage = 'receiving' | 'deciding' | 'refused' | 'accepted';

/** Who deals with a {@link PendingHandshake}. */
export interface PendingHandshakeOwner {
  /** How long it may take, in milliseconds. */
  readonly timeout: number;
  /** What ring when it has taken too long. */
  readonly alarms: Alarms<PendingHandshake>;
  /** The transport is gone, before {@link PendingHandshake.release}. */
  onClose(pending: PendingHandshake): void;
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
  /** The request, while the application decides about it. */
  request: ConnectionRequest | undefined;
  /** Tells those who trace it; `undefined` if nobody does. */
  trace: HandshakeTrace | undefined;
  /** What the application may learn of, while it decides. */
  readonly lifetime: HandshakeLifetime = new HandshakeLifetime();

  /** The transport that it has begun on. */
  readonly #transport: Duplex;
  readonly #onGone: () => void;
  #alarm: Alarm<PendingHandshake> | undefined;
  #peer: string | undefined;
  #unwatch: (() => void) | undefined;

  constructor(socket: Duplex, exchange: Exchange | undefined, owner: PendingHandshakeOwner) {
    this.socket = socket;
    this.#transport = socket;
    this.exchange = exchange;
    this.#alarm = owner.alarms.set(this, owner.timeout);
    this.#onGone = () => owner.onClose(this);
    socket.on('close', this.#onGone);
  }

  /** Where it comes from, for people. */
  get peer(): string {
    return (this.#peer ??= formatPeer(this.#transport));
  }

  set peer(peer: string) {
    this.#peer = peer;
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
    this.#transport.off('close', this.#onGone);
  }

  /** Stops the clock: the handshake has been answered, or there is nobody left to answer. */
  settle(stage: HandshakeStage): void {
    this.stage = stage;
    this.request = undefined;
    this.lifetime.end(stage);
    this.#alarm?.remove(this);
    this.#alarm = undefined;
    this.#unwatch?.();
    this.#unwatch = undefined;
  }
}
