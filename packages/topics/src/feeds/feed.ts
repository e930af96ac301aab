import type { BrokerLink, BrokerMessage } from '../broker/broker.ts';
import type { Counters } from '../topics/stats.ts';
import type { Budget } from './budget.ts';
import type { ChannelOwner } from './channels.ts';
import type { Deliveries } from './delivery.ts';
import type { FanOut } from './fan-out.ts';
import type { Subscription } from './subscription.ts';

/** What all feeds of a process share. */
export interface FeedHost {
  readonly link: BrokerLink;
  readonly brokerName: string;
  readonly fanOut: FanOut;
  readonly budget: Budget;
  readonly deliveries: Deliveries;
  readonly counters: Counters;
  /** What may wait for one topic, in bytes. */
  readonly maxHeld: number;
  /** How many messages a subscription may recover. */
  readonly maxRecovery: number;
  readonly report: (error: Error) => void;
}

/** Brings the messages of one channel to those who have subscribed in this process. */
export interface Feed extends ChannelOwner {
  /** How many subscriptions it has. */
  readonly size: number;
  join(subscription: Subscription): void;
  leave(subscription: Subscription): void;
  onMessage(message: BrokerMessage): void;
  /** How many live subscriptions get the messages of a topic. */
  countReceivers(topic: string): number;
  /** Ends it: what it holds is forgotten. */
  close(): void;
}
