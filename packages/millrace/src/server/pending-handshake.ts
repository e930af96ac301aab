import type { Duplex } from 'node:stream';

import type { ConnectionRequest } from '../protocol/handshake/connection-request.ts';
import { MAX_TIMEOUT } from '../transport/timers.ts';

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

/** One opening handshake under way, from the first byte of its transport. */
export class PendingHandshake {
  /** The transport to answer on. For TLS it is the one beneath until {@link secured}. */
  socket: Duplex;
  /** Whether an HTTP response would be understood: not before TLS is there. */
  speaksHttp: boolean;
  stage: HandshakeStage = 'receiving';
  /** The request, while the application decides about it. */
  request: ConnectionRequest | undefined;
  /** Whether the request was a HEAD: its response has no body. */
  headOnly = false;

  #timer: NodeJS.Timeout | undefined;
  #unwatch: (() => void) | undefined;

  /** Takes away the listener that waits for the end of the transport. */
  readonly #unlisten: () => void;

  constructor(socket: Duplex, speaksHttp: boolean, timeout: number, { onTimeout, onClose }: PendingHandshakeEvents) {
    this.socket = socket;
    this.speaksHttp = speaksHttp;
    this.#timer = setTimeout(onTimeout, Math.min(timeout, MAX_TIMEOUT), this).unref();
    const onGone = (): void => onClose(this);
    socket.on('close', onGone);
    this.#unlisten = () => socket.off('close', onGone);
  }

  /** Goes on with the TLS socket above the transport. */
  secured(socket: Duplex): void {
    this.socket = socket;
    this.speaksHttp = true;
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
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#unwatch?.();
    this.#unwatch = undefined;
  }
}
