import assert from 'node:assert/strict';
import { once } from 'node:events';
import { it, type TestContext } from 'node:test';

import { WebSocket } from 'undici';

import { MessageType, WebSocketServerProtocol } from '../../src/index.ts';
import { describeInBothWays, startServer } from '../helpers/hook-peers.ts';
import { Inbox } from '../helpers/inbox.ts';
import { randomBytes } from '../helpers/random.ts';
import { SIZES, letters, same, someBytes } from './payloads.ts';

interface Pair {
  readonly ours: WebSocketServerProtocol;
  readonly theirs: WebSocket;
  readonly messages: Inbox<string | Uint8Array>;
  readonly received: Inbox<string | Uint8Array>;
  readonly closed: Inbox<string>;
}

describeInBothWays("With undici's WebSocket", (reading) => {
  async function open(t: TestContext): Promise<Pair> {
    const [received, closed, opened] = [
      new Inbox<string | Uint8Array>(),
      new Inbox<string>(),
      new Inbox<WebSocketServerProtocol>(),
    ];
    class Server extends WebSocketServerProtocol {
      override onOpen(): void {
        opened.put(this);
      }
      override onMessage(payload: string | Uint8Array): void {
        received.put(payload);
      }
      override onClose(wasClean: boolean, code: number, reason: string): void {
        closed.put(`${String(wasClean)} ${String(code)} ${reason}`);
      }
    }
    const server = await startServer(t, Server, { ...reading, subprotocols: ['chat'] });
    const theirs = new WebSocket(server.url, ['other', 'chat']);
    theirs.binaryType = 'arraybuffer';
    const messages = new Inbox<string | Uint8Array>();
    theirs.addEventListener('message', ({ data }: { data: unknown }) => {
      if (typeof data === 'string') messages.put(data);
      else if (data instanceof ArrayBuffer) messages.put(new Uint8Array(data));
    });
    await once(theirs, 'open');
    t.after(() => theirs.close());
    return { ours: await opened.take(), theirs, messages, received, closed };
  }

  it('a server exchanges text and binary of every size', async (t) => {
    const { ours, theirs, messages, received } = await open(t);
    assert.equal(theirs.protocol, 'chat');

    for (const size of SIZES) {
      const bytes = someBytes(size);
      const text = letters(size);

      ours.sendMessage(bytes);
      theirs.send(bytes);
      assert.ok(same(await messages.take(), bytes), `${String(size)} bytes`);
      assert.ok(same(await received.take(), bytes));

      ours.sendMessage(text);
      theirs.send(text);
      assert.ok((await messages.take()) === text, `${String(size)} letters`);
      assert.ok((await received.take()) === text);
    }
  });

  it('a server sends fragments, with pings between them', async (t) => {
    const { ours, messages } = await open(t);
    const parts = [70_000, 0, 1, 126].map((size) => randomBytes(size, size + 3));

    ours.beginMessage(MessageType.BINARY);
    for (const part of parts) {
      ours.sendMessageFrame(part);
      ours.sendPing(part.subarray(0, 10));
    }
    ours.endMessage();
    ours.beginMessage();
    ours.beginMessageFrame(4n, { final: true });
    ours.sendMessageFrameData(Buffer.from('te'));
    ours.sendMessageFrameData(Buffer.from('xt'));

    assert.ok(same(await messages.take(), Buffer.concat(parts)));
    assert.equal(await messages.take(), 'text');
  });

  for (const [name, close, atOurs, atTheirs] of [
    // undici answers with the code alone.
    ['us', ({ ours }: Pair) => ours.sendClose(3001, 'grüße'), 'true 3001 ', 'true 3001 grüße'],
    ['undici', ({ theirs }: Pair) => theirs.close(4000, 'bye'), 'true 4000 bye', 'true 4000 bye'],
    ['undici, with nothing', ({ theirs }: Pair) => theirs.close(), 'true 1005 ', 'true 1005 '],
  ] as const) {
    it(`a server is closed by ${name}`, async (t) => {
      const pair = await open(t);
      const end = new Inbox<string>();
      pair.theirs.addEventListener('close', ({ wasClean, code, reason }) => {
        end.put(`${String(wasClean)} ${String(code)} ${reason}`);
      });

      close(pair);

      assert.equal(await pair.closed.take(), atOurs);
      assert.equal(await end.take(), atTheirs);
    });
  }
});
