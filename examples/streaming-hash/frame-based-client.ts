import { MessageType, WebSocketClientFactory, WebSocketClientProtocol, connectWS } from 'millrace';

import { runMain } from '../support/program.ts';
import { readHashArguments } from './arguments.ts';
import { createPrintingTask } from './hash-task.ts';
import type { HashTask } from './hash-task.ts';
import { RandomBytes } from './random-bytes.ts';

/**
 * Sends random bytes as a sequence of frames, all in one message. The server answers each with the SHA-256 up to that
 * point; when the answer is here, the next frame goes out.
 */
export abstract class FrameBasedHashClient extends WebSocketClientProtocol {
  abstract readonly task: HashTask;

  async sendOneFrame(): Promise<void> {
    const data = await this.task.next();
    if (data === undefined) this.sendClose(1000);
    // An `endMessage` at the end would do as well, but makes an empty frame, which gets an answer of its own.
    else this.sendMessageFrame(data, { final: !this.task.hasMore });
  }

  override async onOpen(): Promise<void> {
    this.beginMessage(MessageType.BINARY);
    await this.sendOneFrame();
  }

  override async onMessage(digest: string | Uint8Array): Promise<void> {
    this.task.takeDigest(digest);
    await this.sendOneFrame();
  }

  override onClose(_wasClean: boolean, code?: number, reason?: string): void {
    this.task.end(code, reason);
  }
}

runMain(import.meta.url, async () => {
  const { url, size, count } = readHashArguments();
  const source = new RandomBytes(size, size * count);

  class Client extends FrameBasedHashClient {
    override readonly task = createPrintingTask('frame', { source, batchSize: size, covers: 'everything' });
  }
  await connectWS(new WebSocketClientFactory(url, { protocol: Client }));
});
