import { establish, type EstablishedConnection } from '../client/establish.ts';
import { takeHandshakeTurn } from '../client/handshake-turns.ts';
import { HandshakeError } from '../protocol/base/errors.ts';
import type { ConnectionResponse } from '../protocol/handshake/rules/connection-response.ts';
import { BLOCKED_PORTS } from './blocked-ports.ts';
import type { ResolvedWebClientOptions } from './options.ts';

/**
 * Opens a connection as a page does.
 *
 * @param giveUp - gives it up, as the option `signal` does
 *
 * @throws {HandshakeError} the port is blocked, the server did not accept, or chose none of the subprotocols
 * @throws {TransportError} there is no connection to the server
 * @throws {Error} or whatever else is the reason of a signal that was aborted
 *
 * @see WHATWG WebSockets §2, "establish a WebSocket connection"
 */
export async function openConnection(
  url: URL,
  options: ResolvedWebClientOptions,
  giveUp: AbortSignal,
): Promise<EstablishedConnection<void>> {
  if (url.port !== '' && BLOCKED_PORTS.has(Number(url.port))) throw new HandshakeError(`port ${url.port} is blocked`);
  const { connection, sharedReadBuffer } = options;
  const client = { ...options.client, signal: eitherOf(giveUp, options.client.signal) };
  const { subprotocols } = client;
  const onConnect = ({ subprotocol }: ConnectionResponse): void => {
    // The standard is stricter here than RFC 6455 §4.1, which lets a server choose none.
    if (subprotocols.length > 0 && subprotocol === undefined) {
      throw new HandshakeError('the server chose none of the subprotocols');
    }
  };
  const turn = options.concurrentHandshakes ? undefined : await takeHandshakeTurn(url, client);
  const lookup = turn?.lookup ?? client.lookup;
  const setup = { url, client: { ...client, lookup }, connection, sharedReadBuffer, onConnect };
  const established = await establish(setup).finally(() => turn?.release());
  // It may have been given up while nobody had heard of it.
  if (client.signal.aborted) established.made.socket.destroy();
  client.signal.throwIfAborted();
  return established;
}

function eitherOf(ours: AbortSignal, theirs: AbortSignal | undefined): AbortSignal {
  return theirs === undefined ? ours : AbortSignal.any([ours, theirs]);
}
