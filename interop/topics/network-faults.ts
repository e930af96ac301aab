import { BROKER_TIMEOUT } from './brokers.ts';
import type { Fault, FaultScene } from './fault.ts';
import { sleep } from './fault-world.ts';
import type { Relay } from './relay.ts';

/** What goes wrong between a server and its broker, whatever that is. */
export const NETWORK_FAULTS: readonly Fault<unknown>[] = [
  {
    name: 'the way to the broker is cut',
    fail: async (scene) => {
      const relay = pick(scene);
      relay.cut();
      await sleep(100 + scene.random.below(300));
      relay.mend();
    },
  },
  {
    name: 'nothing comes from the broker any more',
    fail: (scene) => silence(scene, 'from the broker'),
  },
  {
    name: 'nothing reaches the broker any more',
    fail: (scene) => silence(scene, 'to the broker'),
  },
  {
    name: 'the replies to what is published are swallowed',
    fail: async (scene) => {
      // Much shorter than the broker may take: what was published meanwhile is published again.
      for (let times = 0; times < 5; times++) {
        const relay = pick(scene);
        relay.silence('from the broker');
        await sleep(5 + scene.random.below(30));
        relay.mend();
        await sleep(150);
      }
    },
  },
];

async function silence(scene: FaultScene<unknown>, way: Parameters<Relay['silence']>[0]): Promise<void> {
  const relay = pick(scene);
  const before = scene.world.losses;
  relay.silence(way);
  await sleep(BROKER_TIMEOUT * 1.5);
  if (scene.world.losses === before) throw new Error('the server has not noticed that the broker is silent');
  relay.mend();
}

function pick({ relays, random }: FaultScene<unknown>): Relay {
  const relay = relays[random.below(relays.length)];
  if (relay === undefined) throw new Error('there is no relay');
  return relay;
}
