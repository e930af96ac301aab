import { connect, type Socket } from 'node:net';

import { CloseCode } from '../protocol/base/close-code.ts';
import { explain, TransportError, toError } from '../protocol/base/errors.ts';
import { tellError } from '../engine/diagnostics/connection-diagnostics.ts';
import { resolveEngineOptions } from '../engine/engine-options.ts';
import type { ConnectionRequest } from '../protocol/handshake/rules/connection-request.ts';
import { resolveServerOptions } from '../server/options.ts';
import { reportError } from '../engine/report-error.ts';
import { prepareSocket } from '../transport/socket-setup.ts';
import { MAX_TIMEOUT } from '../transport/timers.ts';
import { WebSocketConnection } from '../connections/connection.ts';
import type { ServeOptions } from '../connections/serve-options.ts';
import { serve } from '../connections/serve.ts';
import type { WebSocketServer } from '../connections/server.ts';
import { TUNNEL_SUBPROTOCOLS, tunnel } from './tunnel.ts';

/** Where a tunnel leads to: a TCP port, of this machine unless told otherwise, or a Unix domain socket. */
export type TunnelTarget =
  { readonly host?: string | undefined; readonly port: number } | { readonly socketPath: string };

/** Chooses where the tunnel of a request leads to. To refuse it, throw a `ConnectionDeny`. */
export type TunnelTargetChoice = (request: ConnectionRequest) => TunnelTarget | Promise<TunnelTarget>;

/** Options of {@link serveTunnel}: those of `serve`. `handshakeTimeout` is also the time to connect to a target. */
export type ServeTunnelOptions = Omit<ServeOptions<{ readonly context: TunnelTarget }>, 'onConnect' | 'subprotocols'>;

/**
 * Listens for WebSocket connections, and forwards each to a TCP connection of its own: what comes in messages goes out as bytes, and the other way round.
 * It does what websockify does, and takes its clients: those of the subprotocols `binary` and `base64`, and of none, which is as `binary`.
 *
 * Bytes are moved as fast as the slower side takes them. WebSocket has no half-close: when either side ends, both do, behind what was on its way. A target
 * that cannot be reached is told to `onError`, and to the client with 1011, as is a TCP connection that breaks. A WebSocket connection that ends otherwise
 * than with 1000 or without a code resets the TCP connection.
 *
 * @param target - where all of them lead to, or a function that chooses by the request, and refuses those that may not
 *
 * @throws {LocalUsageError} an option has a value that it cannot have
 * @throws {TransportError} the place to listen on cannot be had
 */
export async function serveTunnel(
  options: ServeTunnelOptions,
  target: TunnelTarget | TunnelTargetChoice,
): Promise<WebSocketServer<TunnelTarget>> {
  const { handshakeTimeout } = resolveServerOptions(options);
  const { closeTimeout } = resolveEngineOptions(options);
  const onConnect = async (
    request: ConnectionRequest,
  ): Promise<{ readonly context: TunnelTarget; readonly subprotocol: string | undefined }> => ({
    context: typeof target === 'function' ? await target(request) : target,
    subprotocol: chooseSubprotocol(request.subprotocols),
  });
  return serve({ ...options, onConnect }, async (connection) => {
    let socket: Socket;
    try {
      socket = await connectTo(connection, handshakeTimeout);
    } catch (error) {
      if (connection.state !== 'open') return;
      void connection.close(CloseCode.INTERNAL_ERROR, 'the target cannot be reached');
      tellError(WebSocketConnection.engineOf(connection), toError(error));
      reportError(options.onError, toError(error), connection);
      return;
    }
    await tunnel(connection, socket, closeTimeout);
  });
}

/** As websockify does, not in the order of the client. */
function chooseSubprotocol(offered: readonly string[]): string | undefined {
  return [TUNNEL_SUBPROTOCOLS.binary, TUNNEL_SUBPROTOCOLS.base64].find((one) => offered.includes(one));
}

/** Connects to the target of a connection, unless that ends before. */
function connectTo({ context, closed }: WebSocketConnection<TunnelTarget>, timeout: number): Promise<Socket> {
  const place = 'socketPath' in context ? { path: context.socketPath } : { port: context.port, ...hostOf(context) };
  const socket = connect({ ...place, allowHalfOpen: true });
  prepareSocket(socket);
  const giveUp = (why: string): void => {
    if (socket.connecting) socket.destroy(new Error(why));
  };
  const timer = setTimeout(() => giveUp(`no answer within ${String(timeout)} ms`), Math.min(timeout, MAX_TIMEOUT));
  void closed.then(() => giveUp('the WebSocket connection has ended'));
  return new Promise((resolve, reject) => {
    socket.on('error', (cause) => {
      reject(new TransportError(`cannot connect to the target: ${explain(cause)}`, { cause }));
    });
    socket.once('close', () => clearTimeout(timer));
    socket.once('connect', () => {
      clearTimeout(timer);
      resolve(socket);
    });
  });
}

function hostOf({ host }: { readonly host?: string | undefined }): { readonly host?: string } {
  return host === undefined ? {} : { host };
}
