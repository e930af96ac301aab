import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

/** Resident memory of a server, in MiB, after so many MiB had been sent to it. */
export interface MemoryPoint {
  readonly sent: number;
  readonly resident: number;
}

const MIB = 1024 * 1024;
const PAGE_SIZE = 4096;

/** How much is sent between two points, in MiB. */
const STEP = 16;

/** A client's opening handshake, RFC 6455 §1.2. */
const REQUEST = [
  'GET / HTTP/1.1',
  'Host: localhost',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  '\r\n',
].join('\r\n');

/**
 * Sends one message in one frame to a server in a process of its own, and watches that process's memory.
 *
 * @param program - the server, a file beside this one
 * @param size - of the message, in MiB
 */
export async function measureMemory(program: string, size: number): Promise<MemoryPoint[]> {
  const server = fork(fileURLToPath(new URL(program, import.meta.url)));
  try {
    const port = await new Promise<number>((resolve) => {
      server.once('message', (message: { port: number }) => resolve(message.port));
    });
    const socket = connect(port, '127.0.0.1');
    await write(socket, Buffer.from(REQUEST));
    await once(socket, 'data');

    const resident = (): number => residentMemory(server.pid ?? 0);
    const points: MemoryPoint[] = [{ sent: 0, resident: resident() }];
    await write(socket, frameHeader(size * MIB));
    const piece = Buffer.alloc(MIB); // of zeros, whose mask is zero, too
    for (let sent = 1; sent <= size; sent++) {
      await write(socket, piece);
      if (sent % STEP === 0) points.push({ sent, resident: resident() });
    }
    await once(socket, 'data'); // the answer: all has been received
    points.push({ sent: size, resident: resident() });
    socket.destroy();
    return points;
  } finally {
    server.kill('SIGKILL');
  }
}

/** Resolves when the system has taken it, so that the server sets the pace. */
async function write(socket: Socket, bytes: Uint8Array): Promise<void> {
  if (!socket.write(bytes)) await once(socket, 'drain');
}

/** The header of a masked binary frame, RFC 6455 §5.2. */
function frameHeader(length: number): Buffer {
  const header = Buffer.alloc(14);
  header.set([0x82, 0xff]);
  header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}

function residentMemory(pid: number): number {
  const [, pages = '0'] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ');
  return (Number(pages) * PAGE_SIZE) / MIB;
}
