import type { MessageKind } from '../connections/sending/sendable.ts';
import { toPayload } from './payload.ts';
import type { BrowserMessageWriter } from './writer.ts';

/**
 * Writes the pieces of a message, one after the other, and ends it.
 *
 * @param createWriter - for a message of the type that its first piece has
 * @param givingUp - when it is aborted, nothing is sent
 */
export async function collectPieces(
  pieces: AsyncIterable<unknown> | Iterable<unknown>,
  createWriter: (type: MessageKind) => BrowserMessageWriter,
  givingUp: AbortSignal,
): Promise<void> {
  let writer: BrowserMessageWriter | undefined;
  for await (const piece of pieces) {
    givingUp.throwIfAborted();
    const payload = toPayload(piece, undefined);
    writer ??= createWriter(typeof payload === 'string' ? 'text' : 'binary');
    await writer.write(payload);
  }
  givingUp.throwIfAborted();
  writer ??= createWriter('binary');
  await writer.end();
}
