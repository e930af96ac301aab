// The side that stores: each message is written as it comes in, and the sender is told how much is stored.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { ConnectionDeny, type ConnectionRequest, type WebSocketConnection } from 'millrace';

/** The longest file, in bytes. */
export const MAX_SIZE: number = 4 * 1024 ** 3;

/** What a request for an upload says. */
export interface Upload {
  readonly id: string;
  readonly size: number;
}

/** Connections that are storing something, by upload. */
const active = new Map<string, { connection: WebSocketConnection<Upload>; ended: Promise<unknown> }>();

/** Judges a request; what it returns is in `connection.context`. */
export function onConnect({ params }: ConnectionRequest): { context: Upload } {
  const id = params['id']?.[0] ?? '';
  const size = Number(params['size']?.[0]);
  // The name of a file is made of it, so it is one of those that `crypto.randomUUID` makes, and nothing else.
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) throw new ConnectionDeny(400, 'id must be a UUID');
  if (!(size >= 0 && size <= MAX_SIZE)) throw new ConnectionDeny(413, `size must be 0 to ${MAX_SIZE}`);
  return { context: { id, size } };
}

/** Stores what comes over a connection in a file of `folder`. */
export async function receiveUpload(connection: WebSocketConnection<Upload>, folder: string): Promise<void> {
  const { id } = connection.context;
  // Whoever comes back is faster than the end of a connection that was lost: that one ends first.
  for (let other = active.get(id); other !== undefined; other = active.get(id)) {
    other.connection.drop();
    await other.ended;
  }
  const ended = store(connection, join(folder, id)).finally(() => active.delete(id));
  active.set(id, { connection, ended: ended.catch(() => undefined) });
  await ended;
}

// #region
async function store(connection: WebSocketConnection<Upload>, path: string): Promise<void> {
  const { size } = connection.context;
  const file = await open(path, 'a');
  try {
    let { size: stored } = await file.stat();
    await connection.send(`stored ${stored}`);
    while (stored < size) {
      const message = await connection.expectMessage();
      for await (const chunk of message) {
        stored += chunk.length;
        if (stored > size) {
          await connection.close(4413, `more than ${size} bytes`);
          return;
        }
        await file.writeFile(chunk);
      }
      await connection.send(`stored ${stored}`);
    }
  } finally {
    await file.close();
  }
  const sha256 = createHash('sha256');
  await pipeline(createReadStream(path), sha256);
  await connection.send(`sha256 ${sha256.digest('hex')}`);
  await connection.closed;
}
// #endregion
