import { createHash } from 'node:crypto';

import { MessageType } from 'millrace';

import type { Report } from '../test-case.ts';
import { Exchange, toBytes } from './exchange.ts';
import type { Sender } from './exchange.ts';

/** Sends random bytes in batches, each a message, a frame, or data of one frame; a digest is awaited between. */
export class HashClient extends Exchange {
  readonly #digests: string[] = [];
  readonly #expectedDigests: string[] = [];
  #sha256 = createHash('sha256');

  override opened(sender: Sender): void {
    super.opened(sender);
    const { level, batch, count, endless } = this.task;
    if (level !== 'message') this.sender.beginMessage(MessageType.BINARY);
    if (level === 'streaming') this.sender.beginMessageFrame(endless ? 0x7fff_ffff_ffff_ffffn : batch * count);
    this.#sendBatch();
  }

  override message(payload: string | Uint8Array): void {
    this.#digests.push(String(payload));
    if (this.#expectedDigests.length < this.task.count) this.#sendBatch();
    else this.#finish();
  }

  protected override addToReport(): Partial<Report> {
    return { digests: this.#digests, expectedDigests: this.#expectedDigests };
  }

  #sendBatch(): void {
    const batch = crypto.getRandomValues(new Uint8Array(Math.min(this.task.batch, 65_536)));
    const data = Buffer.alloc(this.task.batch, batch);
    if (this.task.level === 'message') this.#sha256 = createHash('sha256');
    this.#expectedDigests.push(this.#sha256.update(data).copy().digest('hex'));
    switch (this.task.level) {
      case 'message':
        this.sender.sendMessage(data);
        break;
      case 'frame':
        // The server answers every frame: there must be no empty one behind the last.
        this.sender.sendMessageFrame(data, { final: this.#expectedDigests.length === this.task.count });
        break;
      case 'streaming':
        this.sender.sendMessageFrameData(data);
        break;
    }
  }

  #finish(): void {
    if (this.task.level !== 'message' && !this.task.endless) this.sender.endMessage();
    this.close();
  }
}

/** Answers each message, each frame, or each batch of bytes with a digest. */
export class HashServer extends Exchange {
  #sha256 = createHash('sha256');
  #size = 0;

  override message(payload: string | Uint8Array): void {
    this.#sha256 = createHash('sha256');
    this.#update(toBytes(payload));
    this.#sendDigest();
  }

  override messageBegin(): void {
    this.#sha256 = createHash('sha256');
    this.#size = 0;
  }

  override frame(payload: Uint8Array): void {
    this.#update(payload);
    this.#sendDigest();
  }

  override frameData(payload: Uint8Array): void {
    const { batch } = this.task;
    for (let rest = payload; rest.length > 0;) {
      const part = rest.subarray(0, batch - (this.#size % batch));
      rest = rest.subarray(part.length);
      this.#update(part);
      if (this.#size % batch === 0) this.#sendDigest();
    }
  }

  #update(bytes: Uint8Array): void {
    this.#sha256.update(bytes);
    this.#size += bytes.length;
  }

  #sendDigest(): void {
    this.sender.sendMessage(this.#sha256.copy().digest('hex'));
  }
}
