import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

import type { Role } from '@millrace/conformance';

import { Link } from '../../src/run/link.ts';
import { WireLog } from '../../src/wire/wire-log.ts';

/** A link over a real TCP connection, and the bare socket at its other end. */
export interface RawPair {
  readonly link: Link;
  readonly peer: Socket;
  /** All that the peer has received. */
  readonly received: () => Buffer;
  readonly close: () => void;
}

/** Connects a link in a role with a bare socket. */
export async function connectRaw(role: Role): Promise<RawPair> {
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  const peer = await new Promise<Socket>((resolve) => server.once('connection', resolve));
  const chunks: Buffer[] = [];
  peer.on('data', (chunk: Buffer) => chunks.push(chunk));
  peer.on('error', () => undefined);
  return {
    link: new Link(socket, role, new WireLog()),
    peer,
    received: () => Buffer.concat(chunks),
    close: () => {
      socket.destroy();
      peer.destroy();
      server.close();
    },
  };
}
