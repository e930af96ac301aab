import { createHash } from 'node:crypto';

import { WebSocketServerFactory, WebSocketServerProtocol, listenWS } from 'millrace';

import { runMain } from '../support/program.ts';
import { readHashArguments } from './arguments.ts';

/**
 * Computes a running SHA-256 over a message, and sends the digest up to that point after each frame of it.
 * A message may have any number of frames; no more than one of them is in memory.
 */
export class FrameBasedHashServer extends WebSocketServerProtocol {
  #sha256 = createHash('sha256');

  override onMessageBegin(): void {
    this.#sha256 = createHash('sha256');
  }

  override onMessageFrame(payload: Uint8Array): void {
    this.#sha256.update(payload);
    const digest = this.#sha256.copy().digest('hex');
    this.sendMessage(digest);
    console.log(`Sent digest for frame: ${digest}`);
  }

  // Not overridden, it would go on to `onMessage`.
  override onMessageEnd(): void {}
}

runMain(import.meta.url, async () => {
  const { url, size, forever } = readHashArguments();

  class Server extends FrameBasedHashServer {
    override onClose(): void {
      if (!forever) void server.close();
    }
  }
  const factory = new WebSocketServerFactory(url, { protocol: Server, maxMessageSize: size, maxFrameSize: size });
  const server = await listenWS(factory);
  console.log(`Listening on ${server.url}`);
});
