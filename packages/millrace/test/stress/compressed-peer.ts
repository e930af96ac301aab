import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { constants, deflateRawSync } from 'node:zlib';

const REQUEST = [
  'GET / HTTP/1.1',
  'Host: 127.0.0.1',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
  '\r\n',
].join('\r\n');

/** The window that the server asks for. */
const WINDOW_BITS = 13;

const SYNC_FLUSH_TAIL = 4;

/** Connects a raw socket to a server that compresses. What comes is thrown away. */
export async function connectCompressing(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  socket.write(REQUEST);
  const [head] = (await once(socket, 'data')) as [Buffer];
  if (!/101 [^]*permessage-deflate/.test(head.toString('latin1'))) throw new Error(`no compression: ${String(head)}`);
  return socket.resume();
}

/** Compresses a message, with the history of the one before it, if there is one; gives its payload. */
export function deflateMessage(message: Uint8Array, before?: Uint8Array): Uint8Array {
  const dictionary = before?.subarray(-(2 ** WINDOW_BITS));
  const history = dictionary === undefined ? {} : { dictionary };
  const options = { windowBits: WINDOW_BITS, finishFlush: constants.Z_SYNC_FLUSH, ...history };
  return deflateRawSync(message, options).subarray(0, -SYNC_FLUSH_TAIL);
}

/** 8 MiB of JSON, as compressible as it comes. */
export function createJson(): Uint8Array {
  const rows = Array.from({ length: 140_000 }, (_, id) => ({ id, name: `name ${String(id * 7919)}`, price: id % 997 }));
  return Buffer.from(JSON.stringify(rows));
}

/** Frames of a compressed message of bytes, with a masking key of zeros. */
export function compressedFrames(payload: Uint8Array, count = 1): Buffer {
  const size = Math.ceil(payload.length / count);
  const frames: Buffer[] = [];
  for (let start = 0; start < payload.length; start += size) {
    const piece = payload.subarray(start, start + size);
    const fin = start + size >= payload.length ? 0x80 : 0;
    const header = Buffer.alloc(14);
    const byte0 = fin | (start === 0 ? 0x42 : 0);
    header[0] = byte0;
    header[1] = 0x80 | 127;
    header.writeBigUInt64BE(BigInt(piece.length), 2);
    frames.push(piece.length > 0xffff ? header : shortHeader(byte0, piece.length), Buffer.from(piece));
  }
  return Buffer.concat(frames);
}

function shortHeader(byte0: number, length: number): Buffer {
  if (length < 126) return Buffer.from([byte0, 0x80 | length, 0, 0, 0, 0]);
  return Buffer.from([byte0, 0x80 | 126, length >> 8, length & 0xff, 0, 0, 0, 0]);
}
