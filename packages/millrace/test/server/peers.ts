import { connect } from 'node:net';
import type { Socket } from 'node:net';

import type { AcceptedHandshake } from '../../src/server/handshake-handler.ts';
import type { Listener } from '../../src/server/listener.ts';

/** The port that `listener` listens on. */
export function portOf({ address }: Listener): number {
  if (typeof address !== 'object') throw new Error('not on a port');
  return address.port;
}

/** Connects to a port of this machine, sends `text`, and waits for everything that comes back. */
export async function ask(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(text, 'latin1');
  return readToEnd(socket);
}

/** Reads everything that comes, until the other side has ended or broken it. */
export async function readToEnd(socket: Socket): Promise<string> {
  let received = '';
  socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
  socket.once('end', () => socket.destroy());
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  return received;
}

/** Answers one masked text frame of at most 125 bytes with its echo, and a Close frame with another: a server in 15 lines. */
export function echo({ socket, head }: AcceptedHandshake<unknown>): void {
  let buffered = Buffer.from(head);
  const onData = (chunk: Uint8Array): void => {
    buffered = Buffer.concat([buffered, chunk]);
    while (buffered.length >= 6 && buffered.length >= 6 + (buffered[1]! & 0x7f)) {
      const length = buffered[1]! & 0x7f;
      const payload = Buffer.from(buffered.subarray(6, 6 + length)).map((byte, n) => byte ^ buffered[2 + (n & 3)]!);
      socket.write(Buffer.concat([Uint8Array.of(buffered[0]!, length), payload]));
      if ((buffered[0]! & 0x0f) === 8) socket.end();
      buffered = buffered.subarray(6 + length);
    }
  };
  onData(new Uint8Array(0));
  socket.on('data', onData);
}
