import { fork, type ChildProcess } from 'node:child_process';
import { on, once } from 'node:events';

import { MIB, type Claim, type Measurement } from './claim.ts';
import { TOTAL } from './progress.ts';

/** Growth of resident memory after the warm-up that is allowed, in bytes. */
const MAX_GROWTH: number = 16 * MIB;

/** What an end of the frame reports when it is done. */
export interface PeerReport {
  /** Bytes that it sent or received. */
  readonly bytes: number;
  /** How far resident memory rose after the warm-up above its highest before, in bytes. */
  readonly growth: number;
}

/** 4 GiB in one frame of announced length 2^63−1, with a receiver that pauses now and then. */
export const endlessFrame: Claim = {
  title: '4 GiB in one frame of announced length 2^63−1, to a receiver that pauses now and then',
  async measure(): Promise<Measurement[]> {
    return [...(await runEndlessFrame('client')), ...(await runEndlessFrame('server'))];
  },
};

async function runEndlessFrame(senderRole: 'client' | 'server'): Promise<Measurement[]> {
  const does = (role: string): string => (role === senderRole ? 'send' : 'receive');
  const server = startPeer('server', does('server'));
  let client: ChildProcess | undefined;
  try {
    const [{ url }] = (await once(server, 'message')) as [{ url: string }];
    const begin = performance.now();
    const ofServer = report(server);
    client = startPeer('client', does('client'), url);
    const [serverReport, clientReport] = await Promise.all([ofServer, report(client)]);
    const rate = TOTAL / 1000 / (performance.now() - begin);
    return [
      describe(`a ${senderRole} sends: growth of the server after 256 MiB`, serverReport),
      describe(`a ${senderRole} sends: growth of the client after 256 MiB`, clientReport),
      { what: `a ${senderRole} sends: rate`, measured: rate, unit: 'MB/s' },
    ];
  } finally {
    client?.kill();
    server.kill();
  }
}

function describe(what: string, { bytes, growth }: PeerReport): Measurement {
  if (bytes < TOTAL) throw new Error(`${what}: only ${String(bytes)} bytes went through`);
  return { what, measured: growth / MIB, limit: MAX_GROWTH / MIB, unit: 'MiB' };
}

function startPeer(...args: string[]): ChildProcess {
  return fork(new URL('endless-frame-peer.js', import.meta.url), args);
}

async function report(peer: ChildProcess): Promise<PeerReport> {
  const exit = once(peer, 'exit').then(([code]) =>
    Promise.reject(new Error(`a peer ended with exit code ${String(code)}`)),
  );
  exit.catch(() => undefined);
  const next = async (): Promise<PeerReport> => {
    for await (const [message] of on(peer, 'message') as AsyncIterable<[PeerReport]>) return message;
    throw new Error('a peer ended without a report');
  };
  return Promise.race([next(), exit]);
}
