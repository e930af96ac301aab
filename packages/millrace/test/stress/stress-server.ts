import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import type { ServerFactoryOptions } from '../../src/index.ts';

/** What the server process says of itself. */
export interface ServerReport {
  /** Payload that was received. */
  readonly bytes: number;
  /** Messages that were received; at level 3, frames and messages. */
  readonly messages: number;
  readonly pings: number;
  /** Payload that was sent. */
  readonly sent: number;
  /** The codes of connections that are over. */
  readonly closeCodes: readonly number[];
  /** Resident memory, after garbage was collected. */
  readonly rss: number;
  /** The most that it ever was. */
  readonly peakRss: number;
  /** Memory in use by JavaScript and its buffers, after garbage was collected. */
  readonly retained: number;
}

/** A server in a process of its own; see server-process.ts. */
export class StressServer {
  readonly #process: ChildProcess;
  readonly port: number;

  private constructor(child: ChildProcess, port: number) {
    this.#process = child;
    this.port = port;
  }

  /** Starts one of the servers of server-process.ts. */
  static async start(name: string, options: Partial<ServerFactoryOptions> = {}): Promise<StressServer> {
    const child = fork(new URL('server-process.js', import.meta.url), [name, JSON.stringify(options)], {
      execArgv: ['--expose-gc'],
    });
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    return new StressServer(child, port);
  }

  /** Asks it for its figures. */
  async report(): Promise<ServerReport> {
    const answer = once(this.#process, 'message');
    this.#process.send('report');
    const [report] = (await answer) as [ServerReport];
    return report;
  }

  /** Asks until `isReached` says yes. */
  async waitFor(isReached: (report: ServerReport) => boolean): Promise<ServerReport> {
    for (;;) {
      const report = await this.report();
      if (isReached(report)) return report;
    }
  }

  /** Connects a raw socket, and does the opening handshake. What comes then is not read. */
  async connect(): Promise<Socket> {
    const socket = connect(this.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(REQUEST);
    await once(socket, 'readable');
    const head = socket.read() as Buffer | null;
    if (head?.toString('latin1').startsWith('HTTP/1.1 101 ') !== true)
      throw new Error(`no connection: ${String(head)}`);
    return socket;
  }

  stop(): void {
    this.#process.kill();
  }
}

const REQUEST = [
  'GET / HTTP/1.1',
  'Host: 127.0.0.1',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  '\r\n',
].join('\r\n');

/** Writes `bytes` over and over, at the pace of the socket. */
export async function writeRepeatedly(socket: Socket, bytes: Uint8Array, times: number): Promise<void> {
  for (let time = 0; time < times && !socket.destroyed; time++) {
    if (!socket.write(bytes)) await drained(socket);
  }
}

/** Resolves when the socket has written what it was given, or is gone. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      socket.off('drain', settle).off('close', settle);
      resolve();
    };
    socket.on('drain', settle).on('close', settle);
  });
}
