import { WebSocketClientFactory, WebSocketClientProtocol, connectWS } from 'millrace';

import { runMain } from '../support/program.ts';
import { readHashArguments } from './arguments.ts';
import { createPrintingTask } from './hash-task.ts';
import type { HashTask } from './hash-task.ts';
import { RandomBytes } from './random-bytes.ts';

/**
 * Sends random bytes as a sequence of messages. The server answers each with its SHA-256; when the answer is here, the
 * next message goes out.
 */
export abstract class MessageBasedHashClient extends WebSocketClientProtocol {
  abstract readonly task: HashTask;

  async sendOneMessage(): Promise<void> {
    const data = await this.task.next();
    if (data === undefined) this.sendClose(1000);
    else this.sendMessage(data);
  }

  override async onOpen(): Promise<void> {
    await this.sendOneMessage();
  }

  override async onMessage(digest: string | Uint8Array): Promise<void> {
    this.task.takeDigest(digest);
    await this.sendOneMessage();
  }

  override onClose(_wasClean: boolean, code?: number, reason?: string): void {
    this.task.end(code, reason);
  }
}

runMain(import.meta.url, async () => {
  const { url, size, count } = readHashArguments();
  const source = new RandomBytes(size, size * count);

  class Client extends MessageBasedHashClient {
    override readonly task = createPrintingTask('message', { source, batchSize: size, covers: 'batch' });
  }
  await connectWS(new WebSocketClientFactory(url, { protocol: Client }));
});
