// Yjs: a document that several edit at once. The server keeps it, and y-websocket's provider is the client, with the WebSocket of `millrace/web`.
import assert from 'node:assert/strict';

import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { broadcast, serve, type WebSocketConnection } from 'millrace';
import { WebSocket } from 'millrace/web';
import * as sync from 'y-protocols/sync';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';

/** The first byte of a message of y-websocket. */
const SYNC = 0;
const AWARENESS = 1;

/** Documents by path, with those who edit them. A server of yours would store them, and forget those that nobody edits. */
const rooms = new Map<string, { document: Y.Doc; editors: Set<WebSocketConnection<{ room: string }>> }>();

function roomOf(path: string): { document: Y.Doc; editors: Set<WebSocketConnection<{ room: string }>> } {
  const known = rooms.get(path);
  if (known !== undefined) return known;
  const room = { document: new Y.Doc(), editors: new Set<WebSocketConnection<{ room: string }>>() };
  room.document.on('update', (update: Uint8Array, origin: unknown) => {
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, SYNC);
    sync.writeUpdate(encoder, update);
    const others = [...room.editors].filter((editor) => editor !== origin);
    void broadcast(others, encoding.toUint8Array(encoder));
  });
  rooms.set(path, room);
  return room;
}

const server = await serve(
  { port: 0, onConnect: ({ path }) => ({ context: { room: path } }) },
  {
    open: async (connection) => {
      const { document, editors } = roomOf(connection.context.room);
      editors.add(connection);
      const encoder = encoding.createEncoder();
      encoding.writeVarUint(encoder, SYNC);
      sync.writeSyncStep1(encoder, document);
      await connection.send(encoding.toUint8Array(encoder));
    },
    message: async (connection, data) => {
      if (typeof data === 'string') return void connection.close(1003);
      const { document, editors } = roomOf(connection.context.room);
      const decoder = decoding.createDecoder(data);
      const kind = decoding.readVarUint(decoder);
      if (kind === AWARENESS)
        await broadcast(
          [...editors].filter((editor) => editor !== connection),
          data,
        ); // who is where
      if (kind !== SYNC) return;
      const encoder = encoding.createEncoder();
      encoding.writeVarUint(encoder, SYNC);
      sync.readSyncMessage(decoder, encoder, document, connection);
      if (encoding.length(encoder) > 1) await connection.send(encoding.toUint8Array(encoder));
    },
    close: (connection) => void roomOf(connection.context.room).editors.delete(connection),
  },
);

/** Somebody who edits the document `notes`. */
async function join(): Promise<{ document: Y.Doc; provider: WebsocketProvider }> {
  const document = new Y.Doc();
  const provider = new WebsocketProvider(server.url.replace(/\/$/, ''), 'notes', document, {
    WebSocketPolyfill: WebSocket,
    disableBc: true,
  });
  await new Promise<void>((resolve) => provider.once('sync', () => resolve()));
  return { document, provider };
}

const [ada, bob] = [await join(), await join()];
const changed = new Promise((resolve) => bob.document.once('update', resolve));
ada.document.getText('notes').insert(0, 'Hello from Ada');
await changed;

const text = bob.document.getText('notes').toJSON();
console.log(text);
assert.equal(text, 'Hello from Ada');
for (const { document, provider } of [ada, bob]) {
  provider.destroy();
  document.destroy();
}
await server.close();
