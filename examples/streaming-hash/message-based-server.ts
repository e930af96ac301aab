import { createHash } from 'node:crypto';

import { WebSocketServerFactory, WebSocketServerProtocol, listenWS } from 'millrace';

import { runMain } from '../support/program.ts';
import { readHashArguments } from './arguments.ts';

/** Computes a SHA-256 over each message that it receives, and sends it back. */
export class MessageBasedHashServer extends WebSocketServerProtocol {
  override onMessage(message: string | Uint8Array): void {
    const digest = createHash('sha256').update(message).digest('hex');
    this.sendMessage(digest);
    console.log(`Sent digest for message: ${digest}`);
  }
}

runMain(import.meta.url, async () => {
  const { url, size, forever } = readHashArguments();

  class Server extends MessageBasedHashServer {
    override onClose(): void {
      if (!forever) void server.close();
    }
  }
  const factory = new WebSocketServerFactory(url, { protocol: Server, maxMessageSize: size, maxFrameSize: size });
  const server = await listenWS(factory);
  console.log(`Listening on ${server.url}`);
});
