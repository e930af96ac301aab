import { Readable } from 'node:stream';

import { onAbort } from './abort.ts';
import { createDeferred } from './deferred.ts';
import { MessageWriter } from './message-writer.ts';
import { iterate, type Chunk, type MessageKind, type Sendable } from './sendable.ts';
import type { MessageSession } from './session.ts';

type Pieces = AsyncIterator<Chunk> | Iterator<Chunk>;

/** How a message that comes in pieces is sent. */
export interface StreamSending {
  readonly data: Exclude<Sendable, Chunk>;
  /** Its type; that of its first piece where it is `undefined`. */
  readonly type: MessageKind | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Sends a message that comes in pieces, when its turn comes. The next piece is asked for when the one before it is on its way.
 *
 * When the connection ends meanwhile, or the signal is aborted, the source is told to stop.
 */
export async function sendStream(session: MessageSession, sending: StreamSending): Promise<void> {
  const { data, type, signal } = sending;
  const pieces = iterate(data);
  const stop = (): void => stopSource(data, pieces);
  try {
    await session.turns.take(signal);
  } catch (error) {
    stop();
    throw error;
  }
  const sent = createDeferred<undefined>();
  const forget = session.whenEnded(sent.reject);
  const writer = new MessageWriter(session, type, () => session.turns.release());
  onAbort(signal, sent.promise, sent.reject);
  // A source may keep us waiting for its next piece: what has failed meanwhile does not.
  pump(pieces, writer).then(() => sent.resolve(undefined), sent.reject);
  try {
    await sent.promise;
  } catch (error) {
    writer.abort(error);
    stop();
    throw error;
  } finally {
    forget();
  }
}

async function pump(pieces: Pieces, writer: MessageWriter): Promise<void> {
  for (;;) {
    const next: IteratorResult<Chunk, unknown> = await pieces.next();
    if (next.done === true) break;
    await writer.write(next.value);
  }
  await writer.end();
}

/** Tells a source that nothing more will be asked of it. What it answers is of no interest. */
function stopSource(data: Exclude<Sendable, Chunk>, pieces: Pieces): void {
  // While it waits for data, its iterator would not stop it.
  if (data instanceof Readable) data.destroy();
  Promise.resolve(pieces.return?.()).catch(() => undefined);
}
