import type { PreparedMessage } from 'millrace';

import type { BrokerMessage } from '../broker/broker.ts';

/** Makes what is sent of a message, once for each process. */
export type Framing = (message: BrokerMessage) => PreparedMessage | undefined;

/** So many messages that may come on two channels are known at a time. */
const MAX_SHARED = 256;

/** What a delivery costs beside the data, in bytes, about. */
const DELIVERY_COST = 400;

/** A message on its way to the subscribers of this process. */
export class Delivery {
  readonly message: BrokerMessage;
  readonly #framing: Framing;
  #prepared: PreparedMessage | undefined;
  #isPrepared = false;

  constructor(message: BrokerMessage, framing: Framing) {
    this.message = message;
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

/** Makes deliveries: one for each message, where it may come on two channels, too. */
export class Deliveries {
  readonly #framing: Framing;
  readonly #shared = new Map<string, Delivery>();

  constructor(framing: Framing) {
    this.#framing = framing;
  }

  of(message: BrokerMessage): Delivery {
    return new Delivery(message, this.#framing);
  }

  /** The same for both channels. */
  shared(message: BrokerMessage): Delivery {
    const known = this.#shared.get(message.id);
    if (known?.message.topic === message.topic) return known;
    const delivery = this.of(message);
    this.#shared.set(message.id, delivery);
    if (this.#shared.size > MAX_SHARED) {
      for (const oldest of this.#shared.keys()) {
        this.#shared.delete(oldest);
        break;
      }
    }
    return delivery;
  }
}
