import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import { FrameParser, Opcode, type FrameHeader } from 'millrace/protocol/wire';

import { readDeflate } from '../src/opening/compression.ts';
import { concatBytes } from '../src/wire/bytes.ts';
import { MessageInflater, deflateMessage } from '../src/wire/deflate.ts';

/** What a {@link startCompressingServer} does wrong. */
export type CompressionDefect =
  | 'agrees to everything'
  | 'answers with a parameter that it makes up'
  | 'compresses and does not say so'
  | 'says that it compresses and does not'
  | 'has RSV1 on each fragment'
  | 'has RSV1 on its pongs'
  | 'keeps no history of its peer'
  | 'keeps history of its own that it must not'
  | 'uses a larger window than was asked for'
  | 'takes RSV1 on continuations'
  | 'takes RSV1 on control frames'
  | 'does not inflate an empty message'
  | 'takes what is no UTF-8'
  | 'closes where data are not valid without an error';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const RSV1 = 0b100;

/** Starts an echo server that compresses, as naively as RFC 7692 reads; resolves to its URL. */
export async function startCompressingServer(defect?: CompressionDefect): Promise<{ url: string; close: () => void }> {
  const server = createServer();
  const sockets = new Set<Duplex>();
  server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    const answer = answerTo(request.headers['sec-websocket-extensions'], defect);
    const accept = createHash('sha1')
      .update(`${String(request.headers['sec-websocket-key'])}${GUID}`)
      .digest('base64');
    const lines = [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${accept}`,
    ];
    if (answer !== undefined) lines.push(`Sec-WebSocket-Extensions: ${answer}`);
    socket.write([...lines, '', ''].join('\r\n'));
    new CompressingPeer(socket, answer, defect);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const close = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { url: `ws://127.0.0.1:${String(port)}/`, close };
}

function answerTo(header: string | undefined, defect: CompressionDefect | undefined): string | undefined {
  const offers = readDeflate(header);
  const offer = offers.find((one) => defect === 'agrees to everything' || isTaken(one));
  if (offer === undefined) return undefined;
  const parts = Array.from(offer).filter(([name]) => name !== 'client_max_window_bits');
  const extra = defect === 'answers with a parameter that it makes up' ? ['; made_up'] : [];
  return [
    'permessage-deflate',
    ...parts.map(([name, value]) => `; ${name}${value === true ? '' : `=${value}`}`),
    ...extra,
  ].join('');
}

function isTaken(offer: ReadonlyMap<string, string | true>): boolean {
  return Array.from(offer).every(([name, value]) => {
    if (name.endsWith('_no_context_takeover')) return value === true;
    if (name === 'client_max_window_bits') return value === true || /^([89]|1[0-5])$/.test(value);
    return name === 'server_max_window_bits' && typeof value === 'string' && /^(9|1[0-5])$/.test(value);
  });
}

class CompressingPeer {
  readonly #socket: Duplex;
  readonly #defect: CompressionDefect | undefined;
  readonly #isAgreed: boolean;
  readonly #windowBits: number;
  readonly #keepsHistory: boolean;
  #inflater: MessageInflater;
  #history = new Uint8Array(0);
  #header: FrameHeader | undefined;
  #first: FrameHeader | undefined;
  #frame: Uint8Array[] = [];
  #message: Uint8Array[] = [];

  constructor(socket: Duplex, answer: string | undefined, defect: CompressionDefect | undefined) {
    this.#socket = socket;
    this.#defect = defect;
    this.#isAgreed = answer !== undefined;
    const [agreed = new Map<string, string | true>()] = readDeflate(answer);
    const isLarge = defect === 'uses a larger window than was asked for';
    this.#windowBits = isLarge
      ? 15
      : Math.min(15, Math.max(9, Number(agreed.get('server_max_window_bits') ?? 15) || 15));
    const isForbidden = agreed.has('server_no_context_takeover');
    this.#keepsHistory = !isForbidden || defect === 'keeps history of its own that it must not';
    this.#inflater = new MessageInflater(15, true);
    const parser = new FrameParser({
      frameBegin: (header) => this.#begin({ ...header }),
      frameData: (chunk) => this.#frame.push(chunk.slice()),
      frameEnd: () => this.#end(),
    });
    socket.on('data', (chunk: Buffer) => {
      try {
        parser.push(new Uint8Array(chunk), 0);
      } catch {
        this.#fail(1002);
      }
    });
  }

  #begin(header: FrameHeader): void {
    this.#header = header;
    this.#frame = [];
    const { opcode, reservedBits } = header;
    const isControl = opcode >= 8;
    const isContinuation = opcode === Opcode.CONTINUATION;
    const isExcused =
      (isControl && this.#defect === 'takes RSV1 on control frames') ||
      (isContinuation && this.#defect === 'takes RSV1 on continuations');
    const allowed = (this.#isAgreed && !isControl && !isContinuation) || isExcused ? RSV1 : 0;
    if ((reservedBits & ~allowed) !== 0) throw new Error('reserved bits');
    if (!isControl && !isContinuation) this.#first = header;
  }

  #end(): void {
    const header = this.#header;
    if (header === undefined || this.#socket.destroyed || this.#socket.writableEnded) return;
    const payload = concatBytes(this.#frame);
    if (header.opcode === Opcode.PING) {
      this.#send(Opcode.PONG, payload, this.#defect === 'has RSV1 on its pongs' ? RSV1 : 0);
    } else if (header.opcode === Opcode.CLOSE) {
      this.#send(Opcode.CLOSE, payload, 0);
      this.#socket.end();
    } else if (header.opcode < 8) {
      this.#message.push(payload);
      if (header.fin) this.#echo(concatBytes(this.#message.splice(0)));
    }
  }

  #echo(payload: Uint8Array): void {
    const { opcode = Opcode.TEXT, reservedBits = 0 } = this.#first ?? {};
    let whole: Uint8Array;
    try {
      whole = reservedBits === 0 ? payload : this.#inflate(payload);
    } catch {
      this.#fail(this.#defect === 'closes where data are not valid without an error' ? 1000 : 1007);
      return;
    }
    if (opcode === Opcode.TEXT && this.#defect !== 'takes what is no UTF-8' && !isText(whole)) this.#fail(1007);
    else this.#reply(opcode, whole);
  }

  #inflate(payload: Uint8Array): Uint8Array {
    if (this.#defect === 'keeps no history of its peer') this.#inflater = new MessageInflater(15, true);
    if (this.#defect === 'does not inflate an empty message' && payload.length === 1) return payload;
    return this.#inflater.inflate(payload);
  }

  #reply(opcode: number, whole: Uint8Array): void {
    if (!this.#isAgreed || this.#defect === 'says that it compresses and does not') {
      this.#send(opcode, whole, this.#isAgreed ? RSV1 : 0);
      return;
    }
    const payload = deflateMessage(whole, { windowBits: this.#windowBits, history: this.#history });
    if (this.#keepsHistory) this.#history = concatBytes([this.#history, whole]).slice(-32_768);
    const bits = this.#defect === 'compresses and does not say so' ? 0 : RSV1;
    if (this.#defect !== 'has RSV1 on each fragment' || payload.length < 2) {
      this.#send(opcode, payload, bits);
      return;
    }
    this.#send(opcode, payload.subarray(0, 1), bits, false);
    this.#send(Opcode.CONTINUATION, payload.subarray(1), bits);
  }

  #fail(code: number): void {
    if (this.#socket.writableEnded) return;
    this.#send(Opcode.CLOSE, Uint8Array.of(code >> 8, code & 0xff), 0);
    this.#socket.end();
  }

  #send(opcode: number, payload: Uint8Array, reservedBits: number, fin = true): void {
    const { length } = payload;
    const byte0 = (fin ? 0x80 : 0) | (reservedBits << 4) | opcode;
    const extended = Buffer.alloc(length < 126 ? 0 : length < 65_536 ? 2 : 8);
    if (extended.length === 2) extended.writeUInt16BE(length);
    if (extended.length === 8) extended.writeBigUInt64BE(BigInt(length));
    const byte1 = extended.length === 0 ? length : extended.length === 2 ? 126 : 127;
    this.#socket.write(concatBytes([Uint8Array.of(byte0, byte1), extended, payload]));
  }
}

function isText(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
