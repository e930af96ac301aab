import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { WebSocket as TheirWebSocket } from 'undici';

import type { WebSocketConnection } from '../../src/index.ts';
import {
  WebSocket,
  WebSocketStream,
  type CloseEvent,
  type WebSocketCloseInfo,
  type WebSocketOptions,
  type WebSocketStreamView,
  type webSocketStreamOf,
} from '../../src/web/index.ts';

// The compiler is what checks this file.

/** Says that two types are the same; `never` if they are not. */
type Same<One, Other> = [One, Other] extends [Other, One] ? true : never;

describe('The types of the web façade', () => {
  it('know the events', () => {
    const socket = new WebSocket('ws://127.0.0.1:1');

    socket.addEventListener('close', (event) => [event satisfies CloseEvent, event.code satisfies number]);
    socket.addEventListener('message', function (event: MessageEvent) {
      this.send(String(event.data));
    });
    socket.addEventListener('custom', { handleEvent: (event: Event) => event.type satisfies string });
    socket.onclose = ({ wasClean, code, reason }) => [wasClean, code, reason] satisfies [boolean, number, string];
    socket.onclose = null;
    socket.close();

    assert.ok(socket.readyState satisfies 0 | 1 | 2 | 3);
  });

  it('know what can be sent, and the options', () => {
    const data: Parameters<WebSocket['send']>[0][] = ['text', new ArrayBuffer(1), Buffer.of(1), new Blob(['blob'])];
    const options: WebSocketOptions = { protocols: 'chat', headers: { a: 'b' }, tls: {}, maxMessageSize: Infinity };
    const constants: [0, 1, 2, 3] = [WebSocket.CONNECTING, WebSocket.OPEN, WebSocket.CLOSING, WebSocket.CLOSED];

    assert.deepEqual([data.length, Object.keys(options).length, constants.length], [4, 4, 4]);
  });

  it('let ours stand where the members of another WebSocket are wanted', () => {
    const use = (
      socket: Pick<TheirWebSocket, 'url' | 'readyState' | 'bufferedAmount' | 'protocol' | 'extensions' | 'close'>,
    ) => socket.readyState;
    const socket = new WebSocket('ws://127.0.0.1:1');
    socket.close();

    assert.equal(use(socket), WebSocket.CLOSING);
  });

  it('know the streams', async () => {
    const stream: WebSocketStreamView = new WebSocketStream('ws://127.0.0.1:1');
    type Info = Awaited<typeof stream.opened>;
    const types: [
      Same<Info['readable'], ReadableStream<string | Uint8Array<ArrayBuffer>>>,
      Same<Info['writable'], WritableStream<string | ArrayBuffer | ArrayBufferView>>,
      Same<Awaited<typeof stream.closed>, WebSocketCloseInfo>,
      Same<Parameters<typeof webSocketStreamOf>, [connection: WebSocketConnection]>,
    ] = [true, true, true, true];

    await assert.rejects(stream.opened);
    assert.equal(types.length, 4);
  });
});
