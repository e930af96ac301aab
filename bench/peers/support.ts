import { createInterface } from 'node:readline';

/** What a peer was started with. */
export interface PeerArguments {
  readonly port: number;
  readonly mode: string;
  readonly variant: string;
}

/** Reads the command line of a peer. */
export function readPeerArguments(): PeerArguments {
  const [port = '0', mode = '', variant = ''] = process.argv.slice(2);
  return { port: Number(port), mode, variant };
}

/** Says that the peer listens, and from now on does what its standard input says. */
export function announceReady(): void {
  console.log('ready');
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    if (line !== 'gc') return;
    // Twice, for what the first one only unlinks.
    globalThis.gc?.();
    globalThis.gc?.();
    console.log('gc');
  });
  lines.on('close', () => process.exit(0));
}

/** Ends the peer, for it has no such mode. */
export function refuseMode(mode: string): never {
  console.error(`There is no mode ${mode}.`);
  process.exit(2);
}
