// A server that sends back what it gets, and a client that compares.
import assert from 'node:assert/strict';

import {
  WebSocketClientFactory,
  WebSocketClientProtocol,
  WebSocketServerFactory,
  WebSocketServerProtocol,
  connectWS,
  listenWS,
} from 'millrace';

class EchoServer extends WebSocketServerProtocol {
  override onMessage(payload: string | Uint8Array): void {
    // Text comes as a string, all else as bytes, and both are sent as what they are.
    this.sendMessage(payload);
  }
}

class EchoClient extends WebSocketClientProtocol {
  readonly #messages = ['Hello', 'Grüße 👋', '', Uint8Array.of(1, 2, 3), new Uint8Array(100_000)];

  override onOpen(): void {
    for (const message of this.#messages) this.sendMessage(message);
  }

  override onMessage(payload: string | Uint8Array): void {
    assert.deepEqual(payload, this.#messages.shift());
    console.log(typeof payload === 'string' ? `Text: ${payload}` : `Bytes: ${payload.length}`);

    if (this.#messages.length === 0) this.sendClose(1000, 'That is all');
  }

  override onClose(wasClean: boolean, code: number, reason: string): void {
    console.log(`Closed with ${code}: ${reason}`);
    // What a hook throws ends its connection, not the process; this is where it shows.
    if (!wasClean) process.exitCode = 1;
    void server.close();
  }
}

const server = await listenWS(new WebSocketServerFactory('ws://localhost:0', { protocol: EchoServer }));
await connectWS(new WebSocketClientFactory(server.url, { protocol: EchoClient }));
