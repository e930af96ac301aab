import type { PreparedMessage } from 'millrace';

import type { BrokerMessage } from '../broker/broker.ts';
import type { Subscriber } from '../subscribers/subscriber.ts';

/** Makes what is sent of a message, once for each process. */
export type Framing = (message: BrokerMessage) => PreparedMessage | undefined;

/** So many messages that may come on two channels are known at a time. */
const MAX_SHARED = 256;

/** Longer ones, in bytes, are made twice rather than kept. */
const MAX_SHARED_SIZE = 16 * 1024;

/** What a delivery costs beside the data, in bytes, about. */
const DELIVERY_COST = 400;

/** A message on its way to the subscribers of this process. */
export class Delivery {
  readonly message: BrokerMessage;
  /** Who does not get it while it is live. */
  readonly except: Subscriber | undefined;
  readonly #framing: Framing;
  #prepared: PreparedMessage | undefined;
  #isPrepared = false;

  constructor(message: BrokerMessage, framing: Framing, except?: Subscriber) {
    this.message = message;
    this.except = except;
    this.#framing = framing;
  }

  /** What holding it costs, in bytes: it may be there twice, as it came and as it is sent. */
  get cost(): number {
    return DELIVERY_COST + 2 * this.message.data.length;
  }

  /** What is sent; `undefined` for one that cannot be, which has been reported. */
  get prepared(): PreparedMessage | undefined {
    if (!this.#isPrepared) {
      this.#isPrepared = true;
      this.#prepared = this.#framing(this.message);
    }
    return this.#prepared;
  }
}

/** How many messages that are not for everybody are known at a time: those that come back from the broker later go to everybody. */
const MAX_EXCEPTIONS = 10_000;

/** Makes deliveries: one for each message, where it may come on two channels, too. */
export class Deliveries {
  readonly #framing: Framing;
  readonly #shared = new Map<string, Delivery>();
  readonly #exceptions = new Map<string, Subscriber>();

  constructor(framing: Framing) {
    this.#framing = framing;
  }

  of(message: BrokerMessage): Delivery {
    const except = this.#exceptions.size === 0 ? undefined : this.#exceptions.get(message.id);
    return new Delivery(message, this.#framing, except);
  }

  /** Keeps a message from one subscriber, when it comes back from the broker. */
  except(id: string, subscriber: Subscriber): void {
    this.#exceptions.set(id, subscriber);
    if (this.#exceptions.size > MAX_EXCEPTIONS) deleteOldest(this.#exceptions);
  }

  /** The same for both channels. */
  shared(message: BrokerMessage): Delivery {
    if (message.data.length > MAX_SHARED_SIZE) return this.of(message);
    const known = this.#shared.get(message.id);
    if (known?.message.topic === message.topic) return known;
    const delivery = this.of(message);
    this.#shared.set(message.id, delivery);
    if (this.#shared.size > MAX_SHARED) deleteOldest(this.#shared);
    return delivery;
  }
}

function deleteOldest(map: Map<string, unknown>): void {
  const { value, done } = map.keys().next();
  if (done !== true) map.delete(value);
}
