import { ServerResponse } from 'node:http';
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Server as TlsServer } from 'node:tls';

import { listHasToken } from '../../protocol/handshake/rules/syntax.ts';
import { keepsAllHeaders, type UpgradeEvent } from './answer-upgrade.ts';

type AnyServer = HttpServer | HttpsServer;

/** Says whether a request is for WebSocket, valid or not. */
export function isForWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade !== undefined && listHasToken(headers.upgrade, 'websocket');
}

/**
 * Gives a socket back to its server, with a request as if nobody had asked for another protocol in it: a request to switch is a plain one, too (RFC 9110 §7.8).
 *
 * The `shouldUpgradeCallback` of newer versions of Node.js would do it, but loses what is pipelined behind such a request.
 *
 * @returns `false` where lines of the request may be lost: it must not be taken for another one
 */
export function giveBack(server: AnyServer, { message, socket, head }: UpgradeEvent): boolean {
  if (!keepsAllHeaders(message, server.maxHeadersCount)) return false;
  socket.unshift(Buffer.concat([encodePlain(message), head]));
  server.emit(server instanceof TlsServer ? 'secureConnection' : 'connection', socket);
  return true;
}

/**
 * Calls `next` when the responses to the requests in front of one are sent: it was pipelined behind them, and must not be answered before them.
 */
export function behindResponses(socket: Duplex, next: () => void): void {
  // What Node.js writes to a socket at the moment; there is no other way to know.
  const response: unknown = Reflect.get(socket, '_httpMessage');
  if (response instanceof ServerResponse) {
    response.once('close', () => {
      if (!socket.destroyed) behindResponses(socket, next);
    });
  } else next();
}

/**
 * Begins to watch whether somebody takes a socket that was told of by the event `'upgrade'`: writes to it, reads it, or listens to it.
 *
 * @returns says whether that has happened
 */
export function watchTaking(socket: Duplex): () => boolean {
  const written = writtenTo(socket);
  return () => {
    const isRead = socket.readableFlowing !== null || socket.listenerCount('readable') > 0;
    const isHeard = socket.listenerCount('error') > idleListeners(socket) || socket.listenerCount('end') > 1;
    return isRead || isHeard || writtenTo(socket) > written || socket.writableLength > 0;
  };
}

/** Listeners for `'error'` that Node.js itself has. */
function idleListeners(socket: Duplex): number {
  return socket instanceof Socket && 'encrypted' in socket ? 1 : 0;
}

function writtenTo(socket: Duplex): number {
  return socket instanceof Socket ? socket.bytesWritten : 0;
}

/** Writes the head of a request again, without what asks for another protocol. */
function encodePlain({ method = '', url = '', httpVersion, rawHeaders }: IncomingMessage): Buffer {
  let text = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!;
    const value = plainValue(name.toLowerCase(), rawHeaders[index + 1]!);
    if (value !== undefined) text += `${name}: ${value}\r\n`;
  }
  return Buffer.from(`${text}\r\n`, 'latin1');
}

/** The value of a field, or `undefined` for none. */
function plainValue(name: string, value: string): string | undefined {
  if (name === 'upgrade' || name === 'http2-settings') return undefined;
  if (name !== 'connection') return value;
  const tokens = value.split(',').map((token) => token.trim());
  const left = tokens.filter((token) => token !== '' && !/^(upgrade|http2-settings)$/i.test(token));
  return left.length === 0 ? undefined : left.join(', ');
}
