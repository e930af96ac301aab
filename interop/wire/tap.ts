import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

import { WireObserver } from './wire-observer.ts';
import type { WireReport } from './wire-report.ts';

/** A place in front of a server, which hands everything on and reads along. */
export interface Tap {
  readonly port: number;
  /** What went over it so far. */
  report(): WireReport;
  close(): void;
}

/**
 * Stands between a client and a server, for one connection.
 *
 * @param server - the server's port on 127.0.0.1
 * @param ours - which side we are
 * @param kept - whether payload is kept
 */
export async function startTap(
  server: number,
  ours: 'client' | 'server',
  kept: { readonly keepsPayload: boolean },
): Promise<Tap> {
  const [client, behind] = [new WireObserver(kept), new WireObserver(kept)];
  const sockets = new Set<Socket>();

  const join = (from: Socket, to: Socket, observer: WireObserver): void => {
    sockets.add(from);
    from.on('data', (chunk: Buffer) => {
      observer.push(chunk);
      if (!to.write(chunk)) from.pause();
    });
    to.on('drain', () => from.resume());
    from.on('end', () => to.end());
    from.on('error', () => to.resetAndDestroy());
  };

  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const far = connect({ port: server, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    join(near, far, client);
    join(far, near, behind);
  });
  await once(listener.listen(0, '127.0.0.1'), 'listening');
  const address = listener.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    report: () => (ours === 'client' ? { ours: client, theirs: behind } : { ours: behind, theirs: client }),
    close: () => {
      listener.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
