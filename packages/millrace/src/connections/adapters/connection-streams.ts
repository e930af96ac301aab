import { CloseCode } from '../../protocol/base/close-code.ts';
import { ConnectionClosedError, toError } from '../../protocol/base/errors.ts';
import { readWhole, type AdaptedConnection } from './adapted-connection.ts';
import type { Sendable } from '../sending/sendable.ts';

/** Makes a stream of the messages that come; `WebSocketConnection.readable` says how it behaves. */
export function createReadable(connection: AdaptedConnection): ReadableStream<string | Uint8Array<ArrayBuffer>> {
  return new ReadableStream<string | Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        const message = await connection.receive();
        if (message === undefined) controller.close();
        else controller.enqueue(await readWhole(message));
      },
      async cancel() {
        await connection.close(CloseCode.NORMAL_CLOSURE);
      },
    },
    // The connection reads ahead by itself.
    { highWaterMark: 0 },
  );
}

/** Makes a stream to send messages; `WebSocketConnection.writable` says how it behaves. */
export function createWritable(connection: AdaptedConnection): WritableStream<Sendable> {
  return new WritableStream<Sendable>({
    start(controller) {
      void connection.closed.then((closure) => controller.error(new ConnectionClosedError(closure)));
    },
    write: (data) => connection.send(data, { type: undefined }),
    async close() {
      const closure = await connection.close(CloseCode.NORMAL_CLOSURE);
      if (!closure.wasClean) throw new ConnectionClosedError(closure);
    },
    abort: (reason) => connection.fail(toError(reason)),
  });
}
