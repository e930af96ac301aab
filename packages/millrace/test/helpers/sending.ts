import type { TestContext } from 'node:test';

import type { ConnectionOptions } from '../../src/protocol/connection/options.ts';
import { resolveConnectionOptions } from '../../src/protocol/connection/options.ts';
import { NO_EVENTS, openIterated } from '../../src/connections/open.ts';
import { AsyncContext } from '../../src/engine/async-context.ts';
import type { WebSocketConnection } from '../../src/connections/connection.ts';
import { ScriptedPeer, createDuplexPair, type DuplexEnd, type PeerFrame } from '../../src/testing/index.ts';
import { toHex } from './bytes.ts';

/** A connection that sends to a scripted peer, in memory. */
export interface Sending {
  readonly connection: WebSocketConnection;
  readonly peer: ScriptedPeer;
  readonly socket: DuplexEnd;
  /** The next `count` frames that the peer hears, as first byte and payload: `81: 48 69`. */
  readonly frames: (count: number) => Promise<string[]>;
  /** All frames until Close, which the peer answers, ending the transport. */
  readonly framesUntilClose: () => Promise<string[]>;
  /** Has the peer read nothing more. */
  readonly block: () => void;
  /** Has it read again. */
  readonly unblock: () => void;
}

/** How a {@link Sending} is set up. */
export interface SendingSetup extends ConnectionOptions {
  /** Ours; a server unless given, whose frames are not masked. */
  readonly role?: 'client' | 'server';
}

/** Opens a connection in memory, as if the opening handshake were done; no keepalive. */
export function openSending(t: TestContext, { role = 'server', ...options }: SendingSetup = {}): Sending {
  const [socket, other] = createDuplexPair();
  const peer = ScriptedPeer.over(role === 'server' ? 'client' : 'server', other);
  const made = {
    role,
    socket,
    options: resolveConnectionOptions({ keepAlive: false, ...options }),
    peer: '',
    subprotocol: undefined,
    extensions: '',
    onreadPlaces: undefined,
    context: new AsyncContext(),
  };
  const opened = openIterated({ made, context: undefined, events: NO_EVENTS, receives: true });
  opened.start(new Uint8Array(0));
  const { connection } = opened;
  t.after(() => connection.drop());
  const frames = async (count: number): Promise<string[]> => {
    const lines: string[] = [];
    while (lines.length < count) lines.push(describeFrame(await peer.nextFrame()));
    return lines;
  };
  return {
    connection,
    peer,
    socket,
    frames,
    framesUntilClose: async () => {
      const lines = await frames(1);
      while (lines.at(-1)?.startsWith('88') !== true) lines.push(...(await frames(1)));
      peer.sendClose(1000);
      peer.end();
      return lines;
    },
    block: () => (other.chunking = 'by hand'),
    unblock: () => (other.chunking = 'whole'),
  };
}

/** Writes a frame as its first byte and payload, both in hex. */
export function describeFrame({ fin, reservedBits, opcode, payload }: PeerFrame): string {
  const byte0 = (fin ? 0x80 : 0) | (reservedBits << 4) | opcode;
  return `${toHex(Uint8Array.of(byte0))}: ${toHex(payload)}`.trim();
}

/** What becomes of a promise so far; asks after all that is ready to run has run. */
export async function fateOf(promise: Promise<unknown>): Promise<'pending' | 'resolved' | Error> {
  let fate: 'pending' | 'resolved' | Error = 'pending';
  promise.then(
    () => (fate = 'resolved'),
    (error: unknown) => (fate = error instanceof Error ? error : new Error(String(error))),
  );
  await turns(3);
  return fate;
}

/** Lets the event loop turn. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
