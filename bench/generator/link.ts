import { connect, type Socket } from 'node:net';

import { READ_SIZE } from './traffic.ts';

/** All connections are read into one buffer, as a read is dealt with before the next begins. */
const buffer = Buffer.alloc(READ_SIZE);

const HANDSHAKE = [
  'GET / HTTP/1.1',
  'Host: 127.0.0.1',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  '\r\n',
].join('\r\n');

/** What a raw peer says in place of a handshake. */
const RAW_GREETING = '!';

/** One connection: the raw socket, past its opening handshake. */
export class Link {
  readonly #socket: Socket;
  #response = '';
  #isOpen = false;
  #isClosing = false;
  #opened: () => void = () => undefined;

  /** Takes what arrives, lent until it returns. */
  onData: (chunk: Uint8Array) => void = () => undefined;

  private constructor(port: number, fail: (error: Error) => void) {
    const callback = (size: number): boolean => {
      try {
        this.#receive(buffer.subarray(0, size));
      } catch (error) {
        fail(error instanceof Error ? error : new Error(String(error)));
      }
      return true;
    };
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true, onread: { buffer, callback } });
    this.#socket.on('error', fail);
    this.#socket.on('close', () => {
      if (!this.#isClosing) fail(new Error('the server has closed a connection'));
    });
  }

  /** Opens a connection. */
  static open(wire: 'websocket' | 'raw', port: number, fail: (error: Error) => void): Promise<Link> {
    return new Promise((resolve) => {
      const link = new Link(port, fail);
      link.#opened = () => resolve(link);
      link.#socket.on('connect', () => {
        if (wire === 'websocket') link.#socket.write(HANDSHAKE);
      });
    });
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

  /** Ends it, without any handshake. */
  close(): void {
    this.#isClosing = true;
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    if (this.#isOpen) {
      this.onData(chunk);
      return;
    }
    this.#response += chunk.toString('latin1');
    if (this.#response === RAW_GREETING) {
      this.#open();
      return;
    }
    if (!this.#response.includes('\r\n\r\n')) return;
    if (!/^HTTP\/1.1 101 .*\r\n\r\n$/s.test(this.#response)) throw new Error(`no handshake: ${this.#response}`);
    this.#open();
  }

  #open(): void {
    this.#isOpen = true;
    this.#opened();
  }
}
