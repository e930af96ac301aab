import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Where a socket has whoever listens to it. */
const LISTENER = Symbol('millrace listener');

/** Listens to the end of a socket. All sockets share the functions that are called, so that a connection keeps none. */
export abstract class SocketListener {
  /** The other side has ended. */
  abstract handleEnd(): void;
  /** The transport has failed. */
  abstract handleError(error: Error): void;
  /** The transport has ended. */
  abstract handleClose(): void;

  /** Begins to listen to `socket`, which has no other such listener. */
  protected listenTo(socket: Duplex): void {
    Reflect.set(socket, LISTENER, this);
    socket.on('end', onEnd);
    socket.on('error', onError);
    socket.on('close', onClose);
  }

  /** Destroys `socket`. Its end is told even if it is no real socket, and takes its time to say so, or never does. */
  protected destroy(socket: Duplex): void {
    socket.destroy();
    if (!(socket instanceof Socket)) setImmediate(() => this.handleClose());
  }
}

function listenerOf(socket: Duplex): SocketListener {
  const listener: unknown = Reflect.get(socket, LISTENER);
  if (listener instanceof SocketListener) return listener;
  throw new Error('nobody listens to the socket');
}

function onEnd(this: Duplex): void {
  listenerOf(this).handleEnd();
}

function onError(this: Duplex, error: Error): void {
  listenerOf(this).handleError(error);
}

function onClose(this: Duplex): void {
  listenerOf(this).handleClose();
}
