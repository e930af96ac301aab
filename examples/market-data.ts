// Prices change faster than some clients read. Each client gets as many as it can take, and always the newest of each symbol: what is overtaken is left out.
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';

import { connect, serve, type WebSocketConnection } from 'millrace';

const SYMBOLS = Array.from({ length: 100 }, (_, index) => `SYM${index}`);
const ROUNDS = 1000;

/** Prices for one client; those that it cannot take yet are kept, one for each symbol. */
class PriceFeed {
  readonly #connection: WebSocketConnection;
  readonly #waiting = new Map<string, number>();

  constructor(connection: WebSocketConnection) {
    this.#connection = connection;
  }

  publish(symbol: string, price: number): void {
    this.#waiting.set(symbol, price);
    if (!this.#connection.isSlow) this.flush();
  }

  /** Sends what waits: all of it in one message. It is called again when the client has read what it was sent. */
  flush(): void {
    if (this.#waiting.size === 0) return;
    const prices = JSON.stringify(Object.fromEntries(this.#waiting));
    this.#waiting.clear();
    // Nobody waits for it: `isSlow` says when to go on, and when the connection ends, `close` is called.
    void Promise.resolve(this.#connection.send(prices)).catch(() => undefined);
  }
}

const feeds = new Map<WebSocketConnection, PriceFeed>();
const server = await serve(
  { port: 0 },
  {
    open: (connection) => void feeds.set(connection, new PriceFeed(connection)),
    drain: (connection) => feeds.get(connection)?.flush(),
    close: (connection) => void feeds.delete(connection),
  },
);

const [fast, slow] = await Promise.all([connect(server.url), connect(server.url)]);
const counts = Promise.all([countUntilEnd(fast), countUntilEnd(slow, 20)]);
while (feeds.size < 2) await turn();

for (let price = 1; price <= ROUNDS; price++) {
  for (const symbol of SYMBOLS) for (const feed of feeds.values()) feed.publish(symbol, price);
  await turn();
}

const [fastCount, slowCount] = await counts;
console.log(`the fast client took ${fastCount} messages, the slow one ${slowCount}; both have the newest prices`);
assert.ok(slowCount < fastCount);
await server.close();

/** Reads until the newest price of each symbol is there, and counts the messages; a slow reader does something else for some turns between two of them. */
async function countUntilEnd(connection: WebSocketConnection, busyTurns = 0): Promise<number> {
  const prices = new Map<string, unknown>();
  let count = 0;
  for await (const message of connection) {
    const changes: unknown = await message.json();
    for (const [symbol, price] of Object.entries(changes ?? {})) prices.set(symbol, price);
    count++;
    if (SYMBOLS.every((symbol) => prices.get(symbol) === ROUNDS)) break;
    for (let index = 0; index < busyTurns; index++) await turn();
  }
  return count;
}
