// Pings of our own: round trips are measured while one long message is on its way, for pings and pongs go in between its
// frames. (Whether the other side is still there, the option `keepAlive` finds out by itself.)
import assert from 'node:assert/strict';

import {
  WebSocketClientFactory,
  WebSocketClientProtocol,
  WebSocketServerFactory,
  WebSocketServerProtocol,
  connectWS,
  listenWS,
} from 'millrace';

const MIB = 2 ** 20;
const MESSAGE_SIZE = 20 * MIB;

class Server extends WebSocketServerProtocol {
  #received = 0;

  override onPing(payload: Uint8Array): void {
    console.log(`A ping, ${(this.#received / MIB).toFixed(1)} MiB into the message`);
    this.sendPong(payload); // What would happen by itself, with what the ping carried.
  }

  override onMessageFrameData(data: Uint8Array): void {
    this.#received += data.length;
  }

  override onMessageFrameEnd(): void {}

  override onMessageEnd(): void {
    this.sendMessage(String(this.#received));
  }
}

class Client extends WebSocketClientProtocol {
  readonly #roundTrips: number[] = [];
  #pingedAt = 0;

  override onOpen(): void {
    // It leaves in frames of 1 MiB, the option `fragmentSize`. A ping waits for the end of the one that is being written.
    this.sendMessage(new Uint8Array(MESSAGE_SIZE));
    this.#ping();
  }

  override onPong(payload: Uint8Array): void {
    if (payload.length === 0) return; // The answer to a ping of keepAlive, or to none at all.

    this.#roundTrips.push(performance.now() - this.#pingedAt);
    this.#ping();
  }

  override onMessage(size: string | Uint8Array): void {
    console.log(`The server has received ${String(size)} bytes`);
    console.log(`Round trips meanwhile: ${this.#roundTrips.map((ms) => `${ms.toFixed(1)} ms`).join(', ')}`);
    assert.equal(Number(size), MESSAGE_SIZE);
    assert.ok(this.#roundTrips.length > 0);
    this.sendClose(1000);
  }

  override onClose(wasClean: boolean): void {
    if (!wasClean) process.exitCode = 1;
    void server.close();
  }

  /** One at a time: the pong brings back what the ping carried, up to 125 bytes. */
  #ping(): void {
    this.#pingedAt = performance.now();
    this.sendPing(Uint8Array.of(this.#roundTrips.length));
  }
}

const server = await listenWS(new WebSocketServerFactory('ws://localhost:0', { protocol: Server, lendPayload: true }));
await connectWS(new WebSocketClientFactory(server.url, { protocol: Client }));
