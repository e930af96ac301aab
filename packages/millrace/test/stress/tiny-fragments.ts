import { concat, hex } from '../helpers/bytes.ts';
import { KIB, MIB, type Claim, type Measurement } from './claim.ts';
import { StressServer, writeRepeatedly } from './stress-server.ts';

const FRAGMENTS = 10_000_000;
const AT_A_TIME = 10_000;

/** The first frame of a binary message, and a fragment that goes on with it: one byte each, masked with 0. */
const FIRST = hex('02 81 00 00 00 00 61');
const FRAGMENT = hex('00 81 00 00 00 00 61');
const EMPTY_LAST = hex('80 80 00 00 00 00');

/** Sends one message of ten million fragments, and looks at the server's memory before the message ends, and after. */
async function sendFragments(server: string): Promise<{ growth: number; received: number }> {
  const stress = await StressServer.start(server, { maxMessageSize: Infinity });
  try {
    const socket = await stress.connect();
    const before = await stress.report();
    socket.write(FIRST);
    await writeRepeatedly(socket, concat(Array<Uint8Array>(AT_A_TIME).fill(FRAGMENT)), FRAGMENTS / AT_A_TIME);
    const ping = hex('89 80 00 00 00 00');
    socket.write(ping);
    const during = await stress.waitFor(({ pings }) => pings > 0);
    socket.write(EMPTY_LAST);
    const after = await stress.waitFor(({ messages, bytes }) => messages > 0 && bytes > FRAGMENTS);
    socket.destroy();
    return { growth: during.retained - before.retained, received: after.bytes };
  } finally {
    stress.stop();
  }
}

/** RFC 6455 §5.4 sets no limit to fragments; what each of them costs is what an attacker looks for. */
export const tinyFragments: Claim = {
  title: 'one message of 10 million fragments of one byte',
  async measure(): Promise<Measurement[]> {
    const streaming = await sendFragments('StreamingServer');
    const collecting = await sendFragments('CollectingServer');
    return [
      { what: 'level 3: retained before the end', measured: streaming.growth / MIB, limit: 1, unit: 'MiB' },
      {
        what: 'level 1: retained before the end (2 × received + 64 KiB)',
        measured: collecting.growth / MIB,
        limit: (2 * FRAGMENTS + 64 * KIB) / MIB,
        unit: 'MiB',
      },
    ];
  },
};
