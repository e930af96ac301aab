import { once } from 'node:events';

import { KIB, MIB, type Claim, type Measurement } from './claim.ts';
import { compressedFrames, connectCompressing, deflateMessage } from './compressed-peer.ts';
import { CompressionServer } from './compressed-connections.ts';

const LIMIT = MIB;

/** Of each kind, one after the other. */
const BOMBS = 20;

const ZEROS = new Uint8Array(16 * MIB);
const HARMLESS = new Uint8Array(1000);

/** A way to send 16 MiB of zeros. */
interface Bomb {
  readonly bytes: Buffer;
  /** What comes before them on the connection, in bytes. */
  readonly before: number;
}

const BOMBS_BY_KIND: Readonly<Record<string, () => Bomb>> = {
  'in one frame': () => ({ bytes: compressedFrames(deflateMessage(ZEROS)), before: 0 }),
  'in 1,000 fragments': () => ({ bytes: compressedFrames(deflateMessage(ZEROS), 1000), before: 0 }),
  'with the history of a message before': () => {
    const bomb = deflateMessage(ZEROS, HARMLESS);
    const bytes = Buffer.concat([compressedFrames(deflateMessage(HARMLESS)), compressedFrames(bomb)]);
    return { bytes, before: HARMLESS.length };
  },
};

/** Little that becomes much. */
export const compressionBombs: Claim = {
  title: '16 MiB of zeros, compressed, behind a limit of 1 MiB',
  async measure(): Promise<Measurement[]> {
    const measured: Measurement[] = [];
    for (const [kind, create] of Object.entries(BOMBS_BY_KIND)) measured.push(...(await measureKind(kind, create())));
    return measured;
  },
};

async function measureKind(kind: string, { bytes, before }: Bomb): Promise<Measurement[]> {
  const server = await CompressionServer.start({ maxMessageSize: LIMIT });
  try {
    // One first, so that everything is there that is needed for it.
    await explode(server.port, bytes);
    const first = await server.settled();
    let after = first;
    for (let count = 0; count < BOMBS; count++) {
      await explode(server.port, bytes);
      // What is no longer needed is not counted.
      after = await server.settled();
    }
    const refused = after.codes.filter((code) => code === 1009).length;
    return [
      {
        what: `${kind}: connections of ${String(BOMBS + 1)} that did not end with 1009`,
        measured: BOMBS + 1 - refused,
        limit: 0,
        unit: '',
      },
      {
        what: `${kind}: decompressed of a message, at most`,
        measured: (after.decompressed - before) / KIB,
        limit: LIMIT / KIB + 64,
        unit: 'KiB',
      },
      {
        what: `${kind}: peak of resident memory over the first, after ${String(BOMBS)} more`,
        measured: (after.peakRss - first.peakRss) / MIB,
        limit: 4,
        unit: 'MiB',
      },
    ];
  } finally {
    server.stop();
  }
}

async function explode(port: number, bytes: Buffer): Promise<void> {
  const socket = await connectCompressing(port);
  socket.write(bytes);
  await once(socket, 'close');
}
