import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { connect, type Sendable, type WebSocketConnection } from '../../src/index.ts';
import { KIB, MIB, type Claim, type Measurement } from './claim.ts';

const MESSAGES = 16;
const MESSAGE_SIZE = 8 * MIB;
const PIECE = new Uint8Array(64 * KIB).fill(0x61);

/** How long nothing may move before the sender counts as waiting, in milliseconds. */
const QUIET = 500;

/** 16 messages of 8 MiB to a handler that does not read: in pieces, and as a whole. */
export const unreadMessages: Claim = {
  title: '16 messages of 8 MiB through send, to a handler that does not read',
  async measure(): Promise<Measurement[]> {
    const pieces = await sendUnread(takePieces);
    const wholes = await sendUnread((taken) => {
      taken.add(MESSAGE_SIZE);
      return new Uint8Array(MESSAGE_SIZE);
    });
    return [
      mebibytes('in pieces of 64 KiB, when send waits: taken by us on both sides', pieces.ours, 2),
      mebibytes('in pieces of 64 KiB: taken by the operating system besides', pieces.taken - pieces.ours),
      {
        what: 'as whole messages, when send waits: messages given to it',
        measured: wholes.taken / MESSAGE_SIZE,
        limit: 1,
        unit: '',
      },
      mebibytes('as whole messages: read ahead by the receiver', wholes.received, 2),
    ];
  },
};

/** Counts the payload that a sender has given away. */
class Taken {
  size = 0;
  add(size: number): void {
    this.size += size;
  }
}

/** Where the payload is when the sender waits, in bytes. */
interface Waiting {
  /** Given to `send`. */
  readonly taken: number;
  /** Read by the receiver's side, which nobody asked for. */
  readonly received: number;
  /** What our side holds, and what the other has read. */
  readonly ours: number;
}

async function sendUnread(make: (taken: Taken) => Sendable): Promise<Waiting> {
  const server = fork(new URL('unread-messages-server.js', import.meta.url));
  try {
    const [{ url }] = (await once(server, 'message')) as [{ url: string }];
    const connection = await connect(url);
    const taken = new Taken();
    const sent = sendAll(connection, () => make(taken));
    const received = async (): Promise<number> => {
      const answer = once(server, 'message');
      server.send('report');
      const [{ bytesReceived }] = (await answer) as [{ bytesReceived: number }];
      return bytesReceived;
    };
    let last = { taken: -1, received: -1, ours: -1 };
    for (;;) {
      await sleep(QUIET);
      const bytes = await received();
      const now = { taken: taken.size, received: bytes, ours: connection.bufferedAmount + bytes };
      if (now.taken === last.taken && now.ours === last.ours && now.received === last.received) break;
      last = now;
    }
    connection.drop();
    await sent.catch(() => undefined);
    if (last.taken >= MESSAGES * MESSAGE_SIZE) throw new Error('send did not wait');
    return last;
  } finally {
    server.kill();
  }
}

async function sendAll(connection: WebSocketConnection, make: () => Sendable): Promise<void> {
  for (let count = 0; count < MESSAGES; count++) await connection.send(make());
}

function* takePieces(taken: Taken): Generator<Uint8Array> {
  for (let size = 0; size < MESSAGE_SIZE; size += PIECE.length) {
    taken.add(PIECE.length);
    yield PIECE;
  }
}

function mebibytes(what: string, bytes: number, limit?: number): Measurement {
  return { what, measured: bytes / MIB, limit, unit: 'MiB' };
}
