import { onAbort } from '../../engine/abort.ts';
import { createDeferred } from '../../engine/deferred.ts';
import type { EngineConnection } from '../../engine/engine-connection.ts';
import { MessageWriter } from './message-writer.ts';
import { openSource, type PieceSource } from './piece-source.ts';
import { toChunk, type Chunk, type MessageKind, type Sendable } from './sendable.ts';

/** How a message that comes in pieces is sent. */
export interface StreamSending {
  readonly data: Exclude<Sendable, Chunk>;
  /** Its type; that of its first piece where it is `undefined`. */
  readonly type: MessageKind | undefined;
  readonly signal: AbortSignal | undefined;
  /** What the application said for this message: compress it or not. */
  readonly compress: boolean | undefined;
}

/**
 * Sends a message that comes in pieces, when its turn comes. The next piece is asked for when the one before it is on its way.
 *
 * When the connection ends meanwhile, or the signal is aborted, the source is told to stop, and nobody waits for its next piece.
 */
export async function sendStream(
  engine: EngineConnection,
  { data, type, signal, compress }: StreamSending,
): Promise<void> {
  const source = openSource(data);
  const sent = createDeferred<undefined>();
  try {
    const writer = await MessageWriter.begin(engine, { type, signal, compress, onFailed: sent.reject });
    onAbort(signal, sent.promise, sent.reject);
    pump(source, writer).then(
      () => sent.resolve(undefined),
      (error: unknown) => {
        writer.abort(error);
        sent.reject(error);
      },
    );
    await sent.promise;
  } catch (error) {
    source.stop();
    throw error;
  }
}

async function pump(source: PieceSource, writer: MessageWriter): Promise<void> {
  for (;;) {
    const next = await source.next();
    if (next.done === true) break;
    await writer.write(toChunk(next.value));
  }
  await writer.end();
}
