import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** What a server needs for TLS. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** What a peer was started with. */
export interface PeerArguments {
  readonly port: number;
  readonly mode: string;
  readonly variant: string;
  /** Payload of a message that a client sends, in bytes. */
  readonly size: number;
  /** Messages that a client receives before it answers, or sends for each that it receives. */
  readonly batch: number;
  readonly tls: Certificate | undefined;
  /** How messages are compressed, if they are. */
  readonly compression: 'history' | 'alone' | undefined;
}

/** The longest message, in bytes: beyond all that are sent. */
export const LONGEST: number = 2 ** 30;

/** Options with which Millrace limits as little as the others, and sends a message of any size in one frame, as they do. */
export const UNLIMITED: Readonly<
  Record<'maxMessageSize' | 'maxFrameSize' | 'maxBufferedAmount' | 'fragmentSize', number>
> = {
  maxMessageSize: LONGEST,
  maxFrameSize: LONGEST,
  maxBufferedAmount: LONGEST,
  fragmentSize: LONGEST,
};

/** Reads the command line of a peer. */
export function readPeerArguments(): PeerArguments {
  const [port = '0', mode = '', variant = '', size = '0', batch = '1'] = process.argv.slice(2);
  const { BENCH_TLS: folder = '', BENCH_COMPRESSION: compression } = process.env;
  return {
    ...{ port: Number(port), mode, variant, size: Number(size), batch: Number(batch) },
    tls: folder === '' ? undefined : { cert: read(folder, 'cert.pem'), key: read(folder, 'key.pem') },
    compression: compression === 'history' || compression === 'alone' ? compression : undefined,
  };
}

/** What Millrace, `ws` and `@millrace/ws` call the two kinds of compression; everything is compressed. */
export function compressionOptions({ compression }: PeerArguments): false | object {
  if (compression === undefined) return false;
  const isAlone = compression === 'alone';
  return { threshold: 0, serverNoContextTakeover: isAlone, clientNoContextTakeover: isAlone };
}

/** A server of HTTP, over TLS if there is a certificate, that listens. */
export function startHttpServer({ port, tls }: PeerArguments): Server {
  const server = tls === undefined ? createHttpServer() : createHttpsServer(tls);
  server.listen(port, '127.0.0.1', 4096, () => announceReady());
  return server;
}

/** Says that the peer listens, and from now on does what its standard input says. */
export function announceReady(collectGarbage: () => void = collectNodeGarbage): void {
  console.log('ready');
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    if (line !== 'gc') return;
    // Twice, for what the first one only unlinks.
    collectGarbage();
    collectGarbage();
    console.log('gc');
  });
  lines.on('close', () => process.exit(0));
}

/** Ends the peer, for it has no such mode. */
export function refuseMode(mode: string): never {
  console.error(`There is no mode ${mode}.`);
  process.exit(2);
}

function collectNodeGarbage(): void {
  globalThis.gc?.();
}

function read(folder: string, name: string): string {
  return readFileSync(join(folder, name), 'utf8');
}
