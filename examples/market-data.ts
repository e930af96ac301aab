// Prices change faster than some clients read. Each client gets as many as it can take, and always the newest of each symbol: what is overtaken is left out.
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';

import { connect, serve, type WebSocketConnection } from 'millrace';

const SYMBOLS = Array.from({ length: 100 }, (_, index) => `SYM${index}`);
const ROUNDS = 20_000;

/** Prices for one client; those that it cannot take yet are kept, one for each symbol. */
class PriceFeed {
  readonly #connection: WebSocketConnection;
  readonly #waiting = new Map<string, number>();

  constructor(connection: WebSocketConnection) {
    this.#connection = connection;
  }

  publish(prices: ReadonlyMap<string, number>): void {
    for (const [symbol, price] of prices) this.#waiting.set(symbol, price);
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
while (feeds.size < 2) await turn();
let goOn = (): void => undefined;
const pause = new Promise<void>((resolve) => (goOn = resolve));
const counting = Promise.all([countUntilNewest(fast), countUntilNewest(slow, pause)]);

for (let price = 1; price <= ROUNDS; price++) {
  const prices = new Map(SYMBOLS.map((symbol) => [symbol, price]));
  for (const feed of feeds.values()) feed.publish(prices);
  await turn();
}

goOn();
const [fastCount, slowCount] = await counting;
console.log(
  `Of ${ROUNDS} changes, the fast client took ${fastCount}, the slow one ${slowCount}. Both have the newest prices.`,
);
assert.ok(slowCount < ROUNDS);
await server.close();

/** Reads until the newest price of each symbol is there, and counts the messages; a slow reader pauses after the first. */
async function countUntilNewest(connection: WebSocketConnection, pause?: Promise<void>): Promise<number> {
  const prices = new Map<string, unknown>();
  for (let count = 1; ; count++) {
    const changes: unknown = await (await connection.expectMessage()).json();
    for (const [symbol, price] of Object.entries(changes ?? {})) prices.set(symbol, price);
    if (SYMBOLS.every((symbol) => prices.get(symbol) === ROUNDS)) return count;
    await pause;
  }
}
