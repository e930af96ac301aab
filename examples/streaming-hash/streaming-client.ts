import { MessageType, WebSocketClientFactory, WebSocketClientProtocol, connectWS } from 'millrace';

import { runMain } from '../support/program.ts';
import { readHashArguments } from './arguments.ts';
import { createPrintingTask } from './hash-task.ts';
import type { HashTask } from './hash-task.ts';
import { RandomBytes } from './random-bytes.ts';

/** The longest frame there is: practically endless. */
export const FRAME_SIZE = 0x7fff_ffff_ffff_ffffn;

/**
 * Sends random bytes in batches, all in one frame of one message. The server answers each batch with the SHA-256 up to
 * that point; when the answer is here, the next batch goes out.
 */
export abstract class StreamingHashClient extends WebSocketClientProtocol {
  abstract readonly task: HashTask;

  async sendOneBatch(): Promise<void> {
    const data = await this.task.next();
    // Inside a frame that will never be complete there is no room for a Close: this ends the TCP connection.
    if (data === undefined) this.sendClose(1000);
    // Could complete the frame, after some thousand years.
    else this.sendMessageFrameData(data);
  }

  override async onOpen(): Promise<void> {
    this.beginMessage(MessageType.BINARY);
    this.beginMessageFrame(FRAME_SIZE);
    await this.sendOneBatch();
  }

  override async onMessage(digest: string | Uint8Array): Promise<void> {
    this.task.takeDigest(digest);
    await this.sendOneBatch();
  }

  override onClose(_wasClean: boolean, code?: number, reason?: string): void {
    this.task.end(code, reason);
  }
}

runMain(import.meta.url, async () => {
  const { url, size, count } = readHashArguments();
  const source = new RandomBytes(size, size * count);

  class Client extends StreamingHashClient {
    override readonly task = createPrintingTask('batch', { source, batchSize: size, covers: 'everything' });
  }
  await connectWS(new WebSocketClientFactory(url, { protocol: Client }));
});
