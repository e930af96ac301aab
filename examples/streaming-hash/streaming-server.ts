import { createHash } from 'node:crypto';

import { WebSocketServerFactory, WebSocketServerProtocol, listenWS } from 'millrace';

import { runMain } from '../support/program.ts';
import { readHashArguments } from './arguments.ts';

/** After how many bytes the server sends a digest. */
export const BATCH_SIZE: number = 2 ** 20;

/**
 * Computes a running SHA-256 over a message, and sends the digest up to that point every {@link batchSize} bytes.
 * Frames may have any length, up to the 2^63 − 1 bytes of the protocol: nothing of them is kept.
 */
export class StreamingHashServer extends WebSocketServerProtocol {
  readonly batchSize: number = BATCH_SIZE;
  #sha256 = createHash('sha256');
  #received = 0;
  #count = 0;

  /** How many bytes of the message have come. */
  get received(): number {
    return this.#received;
  }

  override onMessageBegin(): void {
    this.#sha256 = createHash('sha256');
    this.#received = 0;
    this.#count = 0;
  }

  override onMessageFrameBegin(): void {}

  /** @param data is not kept, so the option `lendPayload` can be on */
  override onMessageFrameData(data: Uint8Array): void {
    for (let rest = data; rest.length > 0;) {
      const missing = this.batchSize - (this.#received % this.batchSize);
      const part = rest.subarray(0, missing);
      rest = rest.subarray(part.length);

      this.#sha256.update(part);
      this.#received += part.length;
      if (part.length === missing) this.sendDigest();
    }
  }

  override onMessageFrameEnd(): void {}

  override onMessageEnd(): void {}

  /** Sends the digest of what has come so far. */
  protected sendDigest(): void {
    const digest = this.#sha256.copy().digest('hex');
    this.sendMessage(digest);
    console.log(`Sent digest for batch ${this.#count}: ${digest}`);
    this.#count += 1;
  }
}

runMain(import.meta.url, async () => {
  const { url, size, forever } = readHashArguments();

  class Server extends StreamingHashServer {
    override readonly batchSize = size;

    override onClose(): void {
      if (!forever) void server.close();
    }
  }
  // Data is hashed at once, so there is no need for a copy of it.
  const server = await listenWS(new WebSocketServerFactory(url, { protocol: Server, lendPayload: true }));
  console.log(`Listening on ${server.url}`);
});
