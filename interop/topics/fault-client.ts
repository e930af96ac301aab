import { connect, type WebSocketConnection } from 'millrace';

import type { Outcome } from './fault-server.ts';

/** A client that remembers where it stands. */
export class FaultClient {
  readonly received: string[] = [];
  /** Whether it was told that it may have missed something. */
  wasTold = false;
  isReady = false;
  readonly #user: string | undefined;
  readonly #onOutcome: (text: string, outcome: Outcome) => void;
  #position: string | undefined;
  #connection: WebSocketConnection | undefined;

  constructor(onOutcome: (text: string, outcome: Outcome) => void, user?: string) {
    this.#onOutcome = onOutcome;
    this.#user = user;
  }

  async connect(url: string): Promise<void> {
    this.isReady = false;
    const since = this.#position;
    const connection = await connect(url);
    this.#connection = connection;
    await connection.send(JSON.stringify({ since, user: this.#user }));
    void this.#read(connection, since !== undefined);
  }

  /** Has its server publish a message; nobody knows what becomes of it until the server says so. */
  async publish(text: string): Promise<void> {
    this.#onOutcome(text, 'unknown');
    try {
      await this.#connection?.send(text);
    } catch {
      // Its server has gone.
    }
  }

  async disconnect(): Promise<void> {
    await this.#connection?.close();
  }

  async #read(connection: WebSocketConnection, hadPosition: boolean): Promise<void> {
    try {
      for await (const message of connection) this.#take(JSON.parse(await message.text()), hadPosition);
    } catch {
      // It was cut; it comes back.
    }
  }

  #take(message: unknown, hadPosition: boolean): void {
    if (typeof message !== 'object' || message === null) return;
    if ('lost' in message) this.wasTold = true;
    if ('outcome' in message && 'text' in message) this.#onOutcome(String(message.text), toOutcome(message.outcome));
    if ('data' in message) this.received.push(String(message.data));
    if ('position' in message) this.#position = String(message.position);
    if ('ready' in message && typeof message.ready === 'object' && message.ready !== null) {
      this.#beReady(message.ready, hadPosition);
    }
  }

  #beReady(ready: object, hadPosition: boolean): void {
    this.isReady = true;
    if ('recovered' in ready && ready.recovered === true) return;
    if (hadPosition) this.wasTold = true;
    if ('position' in ready) this.#position = String(ready.position);
  }
}

function toOutcome(outcome: unknown): Outcome {
  return outcome === 'acknowledged' || outcome === 'refused' ? outcome : 'unknown';
}
