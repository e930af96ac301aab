import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';

import { toHex } from './bytes.ts';
import type { Certificate } from './certificate.ts';
import { frame, masked, type FrameParts } from './frames.ts';
import { Inbox } from './inbox.ts';

/** A frame as it came. */
export interface RawFrame {
  /** FIN, reserved bits and opcode. */
  readonly byte0: number;
  /** The masking key in hex; empty if it was not masked. */
  readonly key: string;
  /** Unmasked. */
  readonly payload: Uint8Array;
}

/** Writes a frame as its first byte and payload, both in hex: `81: 48 65 6c 6c 6f`. */
export function describeFrame({ byte0, payload }: RawFrame): string {
  return `${toHex(Uint8Array.of(byte0))}: ${toHex(payload)}`.trimEnd();
}

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/**
 * The other end of a connection, on a real socket: sends whatever it is told to, and decodes frames as naively as RFC 6455 §5.2 reads.
 *
 * By itself it only ends its side of the transport when the other side has, unless it is told to keep it half-open.
 */
export class RawPeer {
  readonly socket: Socket;
  /** Frames that came and nobody took. */
  readonly frames: Inbox<RawFrame> = new Inbox<RawFrame>();
  /** Resolves when the other side has ended, or the connection is lost. */
  readonly ended: Promise<void>;
  /** The head of the opening handshake that came. */
  head = '';
  readonly #parts: Buffer[] = [];
  #size = 0;
  #needed = 0;
  readonly #headIsThere: Promise<void>;
  #tellHead: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    this.#headIsThere = new Promise((resolve) => (this.#tellHead = resolve));
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => this.#receive(chunk));
    this.ended = new Promise((resolve) => {
      const end = (): void => {
        this.frames.end(new Error('no frame comes any more'));
        this.#tellHead();
        resolve();
      };
      socket.on('end', end);
      socket.on('close', end);
    });
  }

  /** Sends bytes as they are. */
  send(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Sends a frame, masked unless told otherwise. */
  sendFrame(parts: FrameParts): void {
    this.send(frame({ key: '37 fa 21 3d', ...parts }));
  }

  /** The next `count` frames, each as {@link describeFrame} writes it. */
  async describe(count: number): Promise<string[]> {
    return (await this.frames.takeAll(count)).map(describeFrame);
  }

  /** All frames that come until the other side ends. */
  async describeAll(): Promise<string[]> {
    await this.ended;
    return this.describe(this.frames.size);
  }

  /** Resolves when the socket is closed, in both directions. */
  async closed(): Promise<void> {
    if (!this.socket.closed) await once(this.socket, 'close');
  }

  /** Resolves when the head of the opening handshake is there. */
  async receiveHead(): Promise<string> {
    await this.#headIsThere;
    return this.head;
  }

  #receive(chunk: Buffer): void {
    this.#parts.push(chunk);
    this.#size += chunk.length;
    if (this.#size < this.#needed) return;
    let bytes: Buffer = Buffer.concat(this.#parts.splice(0));
    if (this.head === '') bytes = this.#takeHead(bytes);
    if (this.head !== '') bytes = this.#takeFrames(bytes);
    this.#parts.push(bytes);
    this.#size = bytes.length;
  }

  #takeHead(bytes: Buffer): Buffer {
    const end = bytes.indexOf('\r\n\r\n');
    if (end === -1) return bytes;
    this.head = bytes.toString('latin1', 0, end);
    this.#tellHead();
    return bytes.subarray(end + 4);
  }

  #takeFrames(bytes: Buffer): Buffer {
    let rest = bytes;
    for (;;) {
      const size = frameSize(rest);
      this.#needed = size;
      if (rest.length < size) return rest;
      this.frames.put(readFrame(rest.subarray(0, size)));
      rest = rest.subarray(size);
    }
  }
}

/** How many bytes the frame has that starts with `bytes`; if that cannot be told yet, more than are there. */
function frameSize(bytes: Buffer): number {
  const length = (bytes[1] ?? 0) & 0x7f;
  const headerSize = 2 + (length === 127 ? 8 : length === 126 ? 2 : 0) + ((bytes[1] ?? 0) & 0x80 ? 4 : 0);
  if (bytes.length < headerSize) return headerSize;
  if (length < 126) return headerSize + length;
  return headerSize + (length === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2)));
}

function readFrame(bytes: Buffer): RawFrame {
  const length = bytes[1]! & 0x7f;
  const lengthEnd = 2 + (length === 127 ? 8 : length === 126 ? 2 : 0);
  if ((bytes[1]! & 0x80) === 0) {
    return { byte0: bytes[0]!, key: '', payload: new Uint8Array(bytes.subarray(lengthEnd)) };
  }
  const key = toHex(bytes.subarray(lengthEnd, lengthEnd + 4));
  return { byte0: bytes[0]!, key, payload: masked(bytes.subarray(lengthEnd + 4), key, 0) };
}

/** How {@link connectRaw} connects. */
export interface RawConnectOptions {
  /** Header lines to add to the request. */
  readonly headers?: readonly string[];
  /** What to send right behind the request, in one write with it. */
  readonly behind?: Uint8Array;
  /** The certificate of a wss server. */
  readonly certificate?: Certificate;
  /** Whether it stays open when the other side ends. */
  readonly halfOpen?: boolean;
}

/** Connects to a server by raw bytes, and waits for its answer to the opening handshake. */
export async function connectRaw(t: TestContext, url: string, options: RawConnectOptions = {}): Promise<RawPeer> {
  const { headers = [], behind = new Uint8Array(0), certificate, halfOpen: allowHalfOpen = false } = options;
  const { hostname: host, port, pathname, protocol } = new URL(url);
  const place = { host, port: Number(port), allowHalfOpen };
  const ca = certificate?.cert;
  const socket =
    protocol === 'wss:' ? connectTls({ ...place, ...(ca === undefined ? {} : { ca }) }) : connectTcp(place);
  t.after(() => socket.destroy());
  socket.setNoDelay(true);
  await once(socket, protocol === 'wss:' ? 'secureConnect' : 'connect');
  const peer = new RawPeer(socket);
  socket.write(Buffer.concat([Buffer.from(request(`${host}:${port}`, pathname, headers)), behind]));
  await peer.receiveHead();
  return peer;
}

/** Writes the request of an opening handshake. */
export function request(host: string, path: string, headers: readonly string[] = []): string {
  return [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${KEY}`,
    'Sec-WebSocket-Version: 13',
    ...headers,
    '\r\n',
  ].join('\r\n');
}

/** A server that takes connections by raw bytes. */
export interface RawServer {
  readonly url: string;
  /** The connections, each with its opening handshake done. */
  readonly peers: Inbox<RawPeer>;
}

/** How {@link listenRaw} answers. */
export interface RawListenOptions {
  /** What to send right behind the response, in one write with it. */
  readonly behind?: Uint8Array;
  /** Header lines to add to the response. */
  readonly headers?: readonly string[];
  /** Makes it a wss server. */
  readonly certificate?: Certificate;
  /** Whether connections stay open when the other side ends. */
  readonly halfOpen?: boolean;
}

/** Starts a server that accepts every opening handshake and then does nothing by itself. */
export async function listenRaw(t: TestContext, options: RawListenOptions = {}): Promise<RawServer> {
  const { behind = new Uint8Array(0), headers = [], certificate, halfOpen: allowHalfOpen = false } = options;
  const peers = new Inbox<RawPeer>();
  const onConnection = async (socket: Socket): Promise<void> => {
    t.after(() => socket.destroy());
    const peer = new RawPeer(socket);
    const head = await peer.receiveHead();
    if (head === '') return;
    const key = /^sec-websocket-key: (.*)$/im.exec(head)?.[1] ?? '';
    socket.write(Buffer.concat([Buffer.from(response(key.trim(), headers)), behind]));
    peers.put(peer);
  };
  const take = (socket: Socket): void => void onConnection(socket);
  const server: Server =
    certificate === undefined
      ? createServer({ allowHalfOpen }, take)
      : createTlsServer({ ...certificate, allowHalfOpen }, take);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  return { url: `${certificate === undefined ? 'ws' : 'wss'}://127.0.0.1:${String(address.port)}`, peers };
}

function response(key: string, headers: readonly string[]): string {
  return [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${createHash('sha1').update(`${key}${GUID}`).digest('base64')}`,
    ...headers,
    '\r\n',
  ].join('\r\n');
}
