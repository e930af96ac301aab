import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it, type TestContext } from 'node:test';

import { WebSocket as TheirWebSocket, WebSocketError as TheirError } from 'undici';

import { BLOCKED_PORTS } from '../../src/web/blocked-ports.ts';
import { WebSocket, WebSocketError } from '../../src/web/index.ts';
import { concat } from '../helpers/bytes.ts';
import { frame } from '../helpers/frames.ts';
import type { Journal } from '../helpers/journal.ts';
import { listenRaw, type RawPeer } from '../helpers/raw-peer.ts';
import { record, type Page } from './pages.ts';

const TIME_LIMIT = 30_000;

type PageClass = new (url: string, protocols?: string | string[]) => Page;

const IMPLEMENTATIONS: readonly PageClass[] = [WebSocket, TheirWebSocket];

const text = (payload: string): Uint8Array => frame({ byte0: 0x81, payload: Buffer.from(payload) });
const closeFrame = (...payload: number[]): Uint8Array => frame({ byte0: 0x88, payload: Uint8Array.from(payload) });

interface Scene {
  readonly page: Page;
  readonly peer: RawPeer;
  readonly journal: Journal;
}

/** What both do, and what is seen of it besides the events and the frames. */
const SCENES: Readonly<Record<string, (scene: Scene) => Promise<unknown>>> = {
  'the server closes with a code': async ({ peer, journal }) => {
    peer.send(concat([text('a'), closeFrame(0x0b, 0xb8, 0x72)]));
    await peer.frames.takeAll(1);
    peer.socket.end();
    await journal.has('close');
  },
  'the server closes without a code': async ({ peer, journal }) => {
    peer.send(closeFrame());
    await peer.frames.takeAll(1);
    peer.socket.end();
    await journal.has('close');
  },
  'the page closes with a code and a reason': async ({ page, peer, journal }) => {
    page.close(3000, 'bye');
    const state = page.readyState;
    const frames = await peer.describe(1);
    peer.send(closeFrame(0x0b, 0xb8));
    peer.socket.end();
    await journal.has('close');
    return [state, frames, page.readyState];
  },
  'the page closes without a code': async ({ page, peer, journal }) => {
    page.close();
    const frames = await peer.describe(1);
    peer.send(closeFrame());
    peer.socket.end();
    await journal.has('close');
    return frames;
  },
  'the server drops the connection': async ({ page, peer, journal }) => {
    peer.socket.destroy();
    await journal.has('close');
    return page.readyState;
  },
  'the server masks': async ({ peer, journal }) => {
    peer.send(frame({ byte0: 0x81, payload: Buffer.from('a'), key: '01 02 03 04' }));
    peer.socket.on('end', () => peer.socket.destroy());
    await journal.has('close');
  },
  'the server sends text that is not UTF-8': async ({ peer, journal }) => {
    peer.send(frame({ byte0: 0x81, payload: Uint8Array.of(0xff) }));
    peer.socket.on('end', () => peer.socket.destroy());
    await journal.has('close');
  },
  'the server sends bytes': async ({ page, peer, journal }) => {
    peer.send(frame({ payload: Uint8Array.of(1, 2) }));
    await journal.has('message');
    page.binaryType = 'arraybuffer';
    peer.send(frame({ payload: Uint8Array.of(1, 2) }));
    await journal.has('message', 2);
  },
  'the page sends all kinds of data': async ({ page, peer }) => {
    const sent = ['é', 'a\ud800', new Blob(['blob']), Uint8Array.of(1, 2).subarray(1), new ArrayBuffer(2), 1, null];
    for (const data of sent) page.send(data);
    const counted = page.bufferedAmount;
    return [await peer.describe(sent.length), counted];
  },
  'the page sends what cannot be sent': async ({ page }) => {
    return Promise.resolve(nameOf(() => page.send(Symbol('s'))));
  },
  'the page closes with what is not allowed': async ({ page }) => {
    const wrong = [[0], [1001], [2999], [5000], [1000, 'x'.repeat(124)], [70_000], [-1]] as [number, string][];
    return Promise.resolve(wrong.map((args) => nameOf(() => page.close(...args))));
  },
};

/** The name of what is thrown. */
function nameOf(action: () => unknown): string {
  try {
    action();
    return 'nothing';
  } catch (error) {
    return error instanceof Error ? error.name : 'no error';
  }
}

async function play(t: TestContext, implementation: PageClass, scene: (scene: Scene) => Promise<unknown>) {
  const { url, peers } = await listenRaw(t);
  const page = new implementation(url);
  const journal = record(page);
  const peer = await peers.take();
  await journal.has('open');
  const seen = await scene({ page, peer, journal });
  page.close();
  peer.socket.destroy();
  return { lines: journal.lines, seen };
}

describe("Ours and undici's WebSocket agree", { timeout: TIME_LIMIT }, () => {
  for (const [name, scene] of Object.entries(SCENES)) {
    it(`where ${name}`, async (t) => {
      const [ours, theirs] = await Promise.all(IMPLEMENTATIONS.map((each) => play(t, each, scene)));

      assert.deepEqual(ours, theirs);
      assert.ok(ours?.lines.includes('open'));
    });
  }

  it('about what the constructor refuses', () => {
    const wrong: [url: string, protocols?: string[]][] = [
      ['ws://127.0.0.1/#'],
      ['nowhere'],
      ['ftp://127.0.0.1/'],
      ['ws://127.0.0.1/', ['a', 'A']],
      ['ws://127.0.0.1/', ['a b']],
      ['ws://127.0.0.1/', ['']],
    ];

    const [ours, theirs] = IMPLEMENTATIONS.map((Each) => wrong.map((args) => nameOf(() => new Each(...args))));

    assert.deepEqual(ours, theirs);
    assert.ok(ours?.every((name) => name === 'SyntaxError'));
  });

  it('about the shape of the interface', () => {
    const [ours, theirs] = [WebSocket, TheirWebSocket].map((each: object) => ({
      own: Object.keys(each).sort(),
      members: Object.keys(Reflect.get(each, 'prototype') as object).sort(),
    }));

    assert.deepEqual(ours, theirs);
  });

  it('about WebSocketError', () => {
    const inits = [{}, { closeCode: 1000 }, { reason: 'r' }, { closeCode: 1001 }, { reason: 'x'.repeat(124) }, 'text'];
    const [ours, theirs] = [WebSocketError, TheirError].map((Each) =>
      inits.map((init) => {
        const make = (): object => Reflect.construct(Each, ['message', init]) as object;
        const thrown = nameOf(make);
        if (thrown !== 'nothing') return thrown;
        const error = make();
        return ['name', 'message', 'code', 'closeCode', 'reason'].map((name) => Reflect.get(error, name) as unknown);
      }),
    );

    assert.deepEqual(ours, theirs);
  });

  it('about the ports that are blocked', () => {
    const constants = createRequire(import.meta.url)('undici/lib/web/fetch/constants.js') as { badPorts: string[] };

    // The standard has added 0 since.
    assert.deepEqual(
      [...BLOCKED_PORTS].filter((port) => port !== 0),
      constants.badPorts.map(Number).filter((port) => port !== 0),
    );
  });
});
