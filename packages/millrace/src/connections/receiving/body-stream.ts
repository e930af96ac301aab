import { ChunkIterator } from './chunk-iterator.ts';
import type { MessageBody } from './message-body.ts';

/** Makes a stream of bytes of a body. It becomes the reader of the body when it is read first. */
export function createBodyStream(body: MessageBody): ReadableStream<Uint8Array<ArrayBuffer>>;
// What the declaration of the platform says of a byte stream is less than what it gives.
export function createBodyStream(body: MessageBody): ReadableStream<Uint8Array> {
  let chunks: ChunkIterator | undefined;
  return new ReadableStream(
    {
      type: 'bytes',
      async pull(controller) {
        if (chunks === undefined) {
          body.claim();
          chunks = new ChunkIterator(body);
        }
        const next: IteratorResult<Uint8Array<ArrayBuffer>, undefined> = await chunks.next();
        if (next.done !== true) controller.enqueue(next.value);
        else {
          controller.close();
          controller.byobRequest?.respond(0);
        }
      },
      cancel() {
        if (chunks !== undefined) void chunks.return();
        else if (!body.isUsed) body.discard();
      },
    },
    { highWaterMark: 0 },
  );
}
