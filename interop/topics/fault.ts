import type { FaultWorld } from './fault-world.ts';
import type { Random } from './random.ts';
import type { Relay } from './relay.ts';

/** Where something goes wrong. */
export interface FaultScene<Server> {
  /** The broker. */
  readonly server: Server;
  readonly world: FaultWorld;
  /** The way of each server to the broker. */
  readonly relays: readonly Relay[];
  readonly random: Random;
  /** For files. */
  readonly folder: string;
}

/** Something that goes wrong. */
export interface Fault<Server> {
  readonly name: string;
  /** Whether the broker writes all that it has to a file. */
  readonly isPersistent?: boolean;
  /** Whether the broker loses messages by it. */
  readonly losesMessages?: boolean;
  /** Whether there is a further server, in a process of its own. */
  readonly hasProcess?: boolean;
  /** How many messages are kept of a topic. */
  readonly messages?: number;
  readonly fail: (scene: FaultScene<Server>) => Promise<unknown>;
}
