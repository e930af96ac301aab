import { MessageType, WebSocketClientFactory, WebSocketClientProtocol, connectWS } from 'millrace';

import { runMain } from '../support/program.ts';
import { readHashArguments } from './arguments.ts';
import { createPrintingTask } from './hash-task.ts';
import type { HashTask } from './hash-task.ts';
import { RandomBytes } from './random-bytes.ts';
import { FRAME_SIZE } from './streaming-client.ts';

/** How many bytes are produced at a time. */
export const PIECE_SIZE: number = 2 ** 18;

/**
 * Produces bytes as fast as the connection takes them: {@link pauseProducing} is called when enough of them wait to be
 * sent, {@link resumeProducing} when they have all left.
 */
class ByteStreamProducer {
  readonly #protocol: StreamingProducerHashClient;
  #isPaused = true;
  #isProducing = false;

  constructor(protocol: StreamingProducerHashClient) {
    this.#protocol = protocol;
  }

  pauseProducing(): void {
    this.#isPaused = true;
  }

  resumeProducing(): void {
    this.#isPaused = false;
    if (!this.#isProducing) void this.#produce();
  }

  stopProducing(): void {
    this.#isPaused = true;
  }

  async #produce(): Promise<void> {
    this.#isProducing = true;
    while (!this.#isPaused) {
      const data = await this.#protocol.task.next();
      if (data === undefined) {
        this.#protocol.unregisterProducer();
        return;
      }
      this.#protocol.sendMessageFrameData(data);
    }
    this.#isProducing = false;
  }
}

/**
 * Sends random bytes in one frame of one message, without waiting for the digests: what keeps it from sending faster than
 * the server can take it is flow control. The server is the one of the streaming client, unchanged.
 */
export abstract class StreamingProducerHashClient extends WebSocketClientProtocol {
  abstract readonly task: HashTask;

  override onOpen(): void {
    const producer = new ByteStreamProducer(this);
    this.beginMessage(MessageType.BINARY);
    this.beginMessageFrame(FRAME_SIZE);
    this.registerProducer(producer, true);
    producer.resumeProducing();
  }

  override onMessage(digest: string | Uint8Array): void {
    this.task.takeDigest(digest);
    if (this.task.isComplete) this.sendClose(1000);
  }

  override onClose(_wasClean: boolean, code?: number, reason?: string): void {
    this.task.end(code, reason);
  }
}

runMain(import.meta.url, async () => {
  const { url, size, count } = readHashArguments();
  const source = new RandomBytes(PIECE_SIZE, size * count);

  class Client extends StreamingProducerHashClient {
    override readonly task = createPrintingTask('batch', { source, batchSize: size, covers: 'everything' });
  }
  await connectWS(new WebSocketClientFactory(url, { protocol: Client }));
});
