import { createServer, type Server, type Socket } from 'node:net';

import type { Defects } from './behaviour.ts';
import type { Habits } from './habits.ts';
import { MAX_HEAD, readHead } from './head.ts';
import { NaivePeer } from './peer.ts';
import { answerRequest } from './server-opening.ts';

/** Time for a request to arrive, in milliseconds. */
const REQUEST_LIMIT = 5000;

/** An echo server that is listening. */
export interface NaiveServer {
  readonly url: string;
  close(): void;
}

/** Starts an echo server, with defects and habits or without. */
export function startNaiveServer(defects: Defects, habits: Habits = {}): Promise<NaiveServer> {
  const sockets = new Set<Socket>();
  let dead = false;
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    const onDropped = (): void => {
      if (defects.diesOfDrop === true) dead = true;
    };
    if (dead) socket.destroy();
    else serve(socket, { defects, habits, onDropped });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      const close = (): void => {
        server.close();
        for (const socket of sockets) socket.destroy();
      };
      resolve({ url: `ws://127.0.0.1:${String(port)}/`, close });
    });
  });
}

interface Serving {
  readonly defects: Defects;
  readonly habits: Habits;
  /** A connection was dropped without a Close. */
  readonly onDropped: () => void;
}

function serve(socket: Socket, { defects, habits, onDropped }: Serving): void {
  let text = '';
  let peer: NaivePeer | undefined;
  let refused = false;
  const timer = setTimeout(() => socket.destroy(), REQUEST_LIMIT);
  socket.on('close', () => {
    clearTimeout(timer);
    if (peer?.isOver === false) onDropped();
  });
  socket.on('end', () => (peer === undefined ? socket.end() : peer.end()));
  socket.on('data', (chunk: Buffer) => {
    peer?.receive(chunk);
    if (peer !== undefined || refused) return;
    text += chunk.toString('latin1');
    const request = readRequest(text, defects);
    if (request === undefined) return;

    const answer = answerRequest(readHead(request.head), defects, habits);
    clearTimeout(timer);
    refused = !answer.accepted;
    socket.write(answer.text);
    if (refused) {
      if (defects.answers === 'every request' && request.rest.length > 0) socket.write(answer.text);
      endSoon(socket);
      return;
    }
    peer = new NaivePeer(socket, 'server', defects, habits);
    if (request.rest.length > 0) peer.receive(request.rest);
  });
}

/** Cuts the head off what came; an empty one is refused. `undefined`, if more must come. */
function readRequest(text: string, defects: Defects): { readonly head: string; readonly rest: Buffer } | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) {
    const bad = text.length > MAX_HEAD || !/^[A-Za-z]/.test(text) || /[^\r]\n/.test(text);
    return bad || defects.expectsOpeningInOneChunk === true ? { head: '', rest: Buffer.alloc(0) } : undefined;
  }
  return { head: end > MAX_HEAD ? '' : text.slice(0, end), rest: Buffer.from(text.slice(end + 4), 'latin1') };
}

function endSoon(socket: Socket): void {
  socket.end();
  setTimeout(() => socket.destroy(), 1000).unref();
}
