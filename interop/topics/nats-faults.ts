import type { Fault } from './fault.ts';
import { sleep } from './fault-world.ts';
import type { NatsServer } from './nats-server.ts';
import { freeze } from './redis-faults.ts';

/** Messages behind a snapshot, and new ones that take their sequences. */
const LOST = 500;

/** What goes wrong with NATS. */
export const NATS_FAULTS: readonly Fault<NatsServer>[] = [
  {
    name: 'NATS is killed, and starts again with what it has stored',
    fail: async ({ server }) => {
      await server.kill();
      await sleep(100);
      await server.restart();
    },
  },
  { name: 'NATS stops for longer than it may, and goes on', fail: freeze },
  {
    name: 'NATS starts again without anything',
    losesMessages: true,
    fail: async ({ server }) => {
      await server.kill();
      server.forget();
      await server.restart();
    },
  },
  {
    name: 'NATS goes back to an older copy, and new messages take the sequences',
    losesMessages: true,
    fail: async ({ server, world }) => {
      await server.kill();
      server.save();
      await server.restart();
      await world.publish(LOST);
      await server.kill();
      server.goBack();
      await server.restart();
      await world.publish(LOST);
    },
  },
  { name: 'the streams of NATS are deleted', losesMessages: true, fail: ({ server }) => server.deleteStreams() },
  {
    name: 'what was missed in NATS has been trimmed away',
    losesMessages: true,
    messages: 20,
    fail: ({ world }) => world.publish(100),
  },
];
