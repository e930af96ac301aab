import { createHash } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

import type { Exchange, Handshakes, Idle } from '../workloads/workload.ts';
import { READ_SIZE, WINDOW_BITS } from './traffic.ts';

/** All connections are read into one buffer, as a read is dealt with before the next begins. */
const buffer = Buffer.alloc(READ_SIZE);

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPT = acceptOf(KEY);

/** What the handshake asks for, by how messages are compressed. */
const OFFERS: Readonly<Record<Exchange['compression'], string>> = {
  none: '',
  history: 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n',
  alone:
    'Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_no_context_takeover; client_max_window_bits\r\n',
};

/** What a raw peer says in place of a handshake. */
const RAW_GREETING = '!';

/** Where and how connections are opened. */
export interface LinkOptions {
  readonly wire: 'websocket' | 'raw';
  readonly port: number;
  readonly workload: Exchange | Handshakes | Idle;
  readonly fail: (error: Error) => void;
}

/** One connection: the raw socket, past its opening handshake. */
export class Link {
  readonly #socket: Socket;
  readonly #fail: (error: Error) => void;
  #head = '';
  #isOpen = false;
  #isClosing = false;
  #readHead: () => void = () => undefined;

  /** Takes what arrives, lent until it returns. */
  onData: (chunk: Uint8Array) => void = () => undefined;

  private constructor(socket: Socket | ((link: Link) => Socket), fail: (error: Error) => void) {
    this.#fail = fail;
    this.#socket = typeof socket === 'function' ? socket(this) : socket;
    this.#socket.on('error', (error) => {
      if (!this.#isClosing) fail(error);
    });
    this.#socket.on('close', () => {
      if (!this.#isClosing) fail(new Error('a connection was closed'));
    });
  }

  /** Opens a connection to a server. */
  static open({ wire, port, workload, fail }: LinkOptions): Promise<Link> {
    return new Promise((resolve) => {
      const link = new Link((created) => created.#connect(port, workload.isSecure), fail);
      link.#readHead = () => {
        if (!isAccepted(link.#head, wire, workload.compression)) return;
        link.#isOpen = true;
        resolve(link);
      };
      link.#socket.on(workload.isSecure ? 'secureConnect' : 'connect', () => {
        if (wire === 'websocket') link.#socket.write(handshake(OFFERS[workload.compression]));
      });
    });
  }

  /** Listens, says on which port, and takes `count` connections of clients. */
  static async accept(
    count: number,
    onListening: (port: number) => void,
    fail: (error: Error) => void,
  ): Promise<Link[]> {
    const server = createServer({ noDelay: true });
    const links = new Promise<Link[]>((resolve) => {
      const open: Link[] = [];
      server.on('connection', (socket) => {
        const link = new Link(socket, fail);
        socket.on('data', (chunk) => link.#receive(chunk));
        link.#readHead = () => {
          if (!link.#answer()) return;
          open.push(link);
          if (open.length === count) resolve(open);
        };
      });
    });
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      onListening(typeof address === 'object' && address !== null ? address.port : 0);
    });
    return links;
  }

  /** Sends `pieces`, together. */
  send(pieces: readonly Uint8Array[]): void {
    const [piece] = pieces;
    if (pieces.length === 1 && piece !== undefined) {
      this.#socket.write(piece);
      return;
    }
    this.#socket.cork();
    for (const each of pieces) this.#socket.write(each);
    this.#socket.uncork();
  }

  /** From now on it may end, at whichever side. */
  expectEnd(): void {
    this.#isClosing = true;
  }

  /** Ends it, without any handshake. */
  close(): void {
    this.#isClosing = true;
    this.#socket.destroy();
  }

  #connect(port: number, isSecure: boolean): Socket {
    const to = { host: '127.0.0.1', port, noDelay: true };
    if (isSecure) {
      const socket = connectTls({ ...to, rejectUnauthorized: false });
      socket.on('data', (chunk: Buffer) => this.#receive(chunk));
      return socket;
    }
    const callback = (size: number): boolean => {
      this.#receive(buffer.subarray(0, size));
      return true;
    };
    return connect({ ...to, onread: { buffer, callback } });
  }

  #receive(chunk: Buffer): void {
    try {
      if (this.#isOpen) {
        this.onData(chunk);
        return;
      }
      this.#head += chunk.toString('latin1');
      this.#readHead();
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Answers the handshake of a client, if it is there. */
  #answer(): boolean {
    if (!this.#head.endsWith('\r\n\r\n')) return false;
    const key = /^sec-websocket-key: *(\S+)\r$/im.exec(this.#head)?.[1] ?? '';
    this.#isOpen = true;
    this.#socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptOf(key)}\r\n\r\n`,
    );
    return true;
  }
}

/** @throws {Error} a server has not accepted */
function isAccepted(head: string, wire: LinkOptions['wire'], compression: Exchange['compression']): boolean {
  if (wire === 'raw') return head === RAW_GREETING;
  if (!head.includes('\r\n\r\n')) return false;
  const isRight = /^HTTP\/1.1 101 .*\r\n\r\n$/s.test(head) && head.includes(ACCEPT);
  if (!isRight) throw new Error(`no handshake: ${head}`);
  if (compression !== 'none') checkAgreement(head, compression);
  return true;
}

/** @throws {Error} the messages that were made beforehand are not what was agreed on */
function checkAgreement(head: string, compression: 'history' | 'alone'): void {
  const [, agreed = ''] = /^sec-websocket-extensions: *(.*)\r$/im.exec(head) ?? [];
  if (!agreed.includes('permessage-deflate')) throw new Error('it does not compress');
  const bits = Number(/client_max_window_bits="?(\d+)/.exec(agreed)?.[1] ?? WINDOW_BITS);
  if (bits < WINDOW_BITS) throw new Error(`it wants a window of ${String(bits)} bits`);
  if (compression === 'alone' || !/no_context_takeover/.test(agreed)) return;
  throw new Error(`it compresses each message by itself: ${agreed}`);
}

function handshake(offer: string): string {
  return `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\n${offer}\r\n`;
}

function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}${GUID}`).digest('base64');
}
