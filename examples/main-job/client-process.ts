import { WebSocketClientFactory, connectWS } from 'millrace';
import type { WebSocketClientProtocol } from 'millrace';

import { FrameBasedHashClient } from '../streaming-hash/frame-based-client.ts';
import { HashTask } from '../streaming-hash/hash-task.ts';
import type { ByteSource } from '../streaming-hash/hash-task.ts';
import { MessageBasedHashClient } from '../streaming-hash/message-based-client.ts';
import { RandomBytes } from '../streaming-hash/random-bytes.ts';
import { StreamingHashClient } from '../streaming-hash/streaming-client.ts';
import { PIECE_SIZE, StreamingProducerHashClient } from '../streaming-hash/streaming-producer-client.ts';
import { exitWith, runMain } from '../support/program.ts';
import { ChildReporter } from './child-process.ts';
import { FileBytes } from './file-bytes.ts';
import { BATCH_SIZE, isVariant } from './run.ts';
import type { Variant } from './run.ts';

/** The program of the client process. */
export const CLIENT_PROGRAM: string = import.meta.url;

/** Counts the digests that come, and tells the parent. */
class Tally {
  readonly #reporter = new ChildReporter(() => this.#counts);
  #counts = { bytes: 0, digests: 0, matching: 0, seconds: 0 };
  #startedAt = 0;

  start(): void {
    this.#reporter.start();
    this.#startedAt = performance.now();
  }

  add(bytes: number, isMatching: boolean): void {
    const { digests, matching } = this.#counts;
    const seconds = (performance.now() - this.#startedAt) / 1000;
    this.#counts = { bytes, digests: digests + 1, matching: matching + Number(isMatching), seconds };
  }

  end(failure: string | undefined): void {
    if (failure !== undefined) exitWith(new Error(failure));
    this.#reporter.finish();
  }
}

runMain(import.meta.url, async () => {
  const [variant, url = '', size, path] = process.argv.slice(2);
  if (!isVariant(variant)) throw new Error('Started by main.js');

  const tally = new Tally();
  const task = new HashTask({
    source: createSource(variant, Number(size), path),
    batchSize: BATCH_SIZE,
    covers: variant === 'message-based' ? 'batch' : 'everything',
    onStart: () => tally.start(),
    onDigest: ({ bytes, digest, expected }) => tally.add(bytes, digest === expected),
    onEnd: (failure) => tally.end(failure),
  });

  await connectWS(new WebSocketClientFactory(url, { protocol: createProtocol(variant, task), onError: exitWith }));
});

function createSource(variant: Variant, size: number, path: string | undefined): ByteSource {
  const pieceSize = variant === 'streaming-producer' ? PIECE_SIZE : BATCH_SIZE;
  return path === undefined ? new RandomBytes(pieceSize, size) : new FileBytes(path, pieceSize, size);
}

function createProtocol(variant: Variant, task: HashTask): new () => WebSocketClientProtocol {
  return {
    'message-based': class extends MessageBasedHashClient {
      override readonly task = task;
    },
    'frame-based': class extends FrameBasedHashClient {
      override readonly task = task;
    },
    streaming: class extends StreamingHashClient {
      override readonly task = task;
    },
    'streaming-producer': class extends StreamingProducerHashClient {
      override readonly task = task;
    },
  }[variant];
}
