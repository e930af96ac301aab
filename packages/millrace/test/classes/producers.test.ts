import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';

import {
  LocalUsageError,
  MAX_FRAME_LENGTH,
  MessageType,
  type Producer,
  type WebSocketServerProtocol,
} from '../../src/index.ts';
import { hex } from '../helpers/bytes.ts';
import { describeInBothWays, startServer, type Reading } from '../helpers/hook-peers.ts';
import { Inbox } from '../helpers/inbox.ts';
import { Journal } from '../helpers/journal.ts';
import { openedServers } from '../helpers/plain-protocols.ts';
import { connectRaw, type RawPeer } from '../helpers/raw-peer.ts';

const CHUNK = new Uint8Array(16 * 1024);

interface Opened {
  readonly protocol: WebSocketServerProtocol;
  readonly peer: RawPeer;
  readonly errors: Inbox<Error>;
}

async function open(t: TestContext, reading: Reading): Promise<Opened> {
  const { Server, opened } = openedServers();
  const errors = new Inbox<Error>();
  const server = await startServer(t, Server, { ...reading, onError: (error) => errors.put(error) });
  const peer = await connectRaw(t, server.url);
  return { protocol: await opened.take(), peer, errors };
}

/** Sends without end, until it is paused. */
class Loop implements Producer {
  readonly journal = new Journal();
  isPaused = false;
  chunks = 0;
  readonly #protocol: WebSocketServerProtocol;
  readonly #limit: number;

  constructor(protocol: WebSocketServerProtocol, limit = Infinity) {
    this.#protocol = protocol;
    this.#limit = limit;
  }

  pauseProducing(): void {
    this.journal.write(`pause at ${String(this.#protocol.bufferedAmount)}`);
    this.isPaused = true;
  }

  mayProduce(): boolean {
    return !this.isPaused;
  }

  resumeProducing(): void {
    this.journal.write(`resume at ${String(this.#protocol.bufferedAmount)}`);
    this.isPaused = false;
    while (this.mayProduce() && this.chunks < this.#limit) {
      this.chunks++;
      this.#protocol.sendMessage(CHUNK);
    }
  }

  stopProducing(): void {
    this.journal.write('stop');
    this.isPaused = true;
  }
}

describeInBothWays('A push producer', (reading) => {
  it('pauses a push producer that is registered above the mark, at its first send', async (t) => {
    const { protocol, peer } = await open(t, reading);
    peer.socket.pause();
    while (protocol.sendMessage(CHUNK));

    const loop = new Loop(protocol, 100);
    protocol.registerProducer(loop, true);
    loop.resumeProducing();

    assert.equal(loop.isPaused, true);
    assert.equal(loop.chunks, 1);
  });

  it('is paused inside the send that crosses the high-water mark, resumed when all is written, stopped at the end', async (t) => {
    const { protocol, peer } = await open(t, reading);
    const producer = new Loop(protocol, 40);

    protocol.registerProducer(producer, true);
    assert.deepEqual(producer.journal.lines, []);
    producer.resumeProducing();
    assert.equal(producer.chunks, 4);
    await peer.frames.takeAll(40);
    peer.sendFrame({ byte0: 0x88, payload: hex('03 e8') });
    await producer.journal.has('stop');

    const lines = producer.journal.lines.slice(1, -1);
    lines.forEach((line, index) => {
      if (index % 2 === 0) assert.ok(Number(/^pause at (\d+)$/.exec(line)?.[1]) > 65_536, line);
      else assert.equal(line, 'resume at 0');
    });
    assert.equal(producer.chunks, 40);
    assert.equal(producer.journal.lines.filter((line) => line === 'stop').length, 1);
  });

  it('streams one frame of 2^63−1 bytes at the pace of the peer', async (t) => {
    const { protocol, peer } = await open(t, reading);
    peer.socket.pause();
    let sent = 0;
    const paused = new Inbox<string>();
    class Endless extends Loop {
      override resumeProducing(): void {
        this.isPaused = false;
        while (this.mayProduce()) {
          sent += CHUNK.length;
          assert.ok(protocol.sendMessageFrameData(CHUNK) > 0);
        }
      }
      override pauseProducing(): void {
        this.isPaused = true;
        paused.put('paused');
      }
    }
    const producer = new Endless(protocol);

    protocol.beginMessage(MessageType.BINARY);
    protocol.beginMessageFrame(MAX_FRAME_LENGTH);
    protocol.registerProducer(producer, true);
    producer.resumeProducing();
    await paused.take();
    // The peer does not read: once the kernel has enough, nothing more is produced.
    for (let before = 0; before !== sent;) {
      before = sent;
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
    const before = sent;
    assert.ok(protocol.bufferedAmount <= 65_536 + 2 * CHUNK.length);
    peer.socket.resume();
    while (paused.size > 0) await paused.take();
    await paused.take();

    assert.ok(sent > before);
    protocol.dropConnection();
    await producer.journal.has('stop');
  });

  it('is not resumed without a pause', async (t) => {
    const { protocol, peer } = await open(t, reading);
    const producer = new Loop(protocol, 1);

    protocol.registerProducer(producer, true);
    protocol.sendMessage('a');
    protocol.sendMessage('b');
    await peer.describe(2);
    protocol.sendMessage('c');
    await peer.describe(1);

    assert.deepEqual(producer.journal.lines, []);
  });

  it('is not called any more after unregisterProducer, and another can be registered', async (t) => {
    const { protocol, peer } = await open(t, reading);
    const first = new Loop(protocol);
    const second = new Loop(protocol, 1);

    protocol.registerProducer(first, true);
    first.resumeProducing();
    assert.throws(() => protocol.registerProducer(second, true), LocalUsageError);
    protocol.unregisterProducer();
    protocol.registerProducer(second, true);
    await peer.frames.takeAll(first.chunks);
    protocol.dropConnection();
    await second.journal.has('stop');

    assert.equal(first.journal.lines.length, 2);
    assert.deepEqual(second.journal.lines, ['stop']);
  });

  it('finishes its message while our Close waits for it', async (t) => {
    const { protocol, peer } = await open(t, reading);
    const producer = new Loop(protocol);

    protocol.beginMessage(MessageType.BINARY);
    protocol.registerProducer(producer, true);
    protocol.sendClose(1000);
    assert.deepEqual(producer.journal.lines, []);
    protocol.sendMessageFrame(hex('61'), { final: true });

    assert.deepEqual(await peer.describe(2), ['82: 61', '88: 03 e8']);
    peer.sendFrame({ byte0: 0x88, payload: hex('03 e8') });
    await producer.journal.has('stop');
  });

  it('is stopped at once when the peer closes, before onClose', async (t) => {
    const { protocol, peer } = await open(t, reading);
    const producer = new Loop(protocol);
    Object.assign(protocol, { onClose: () => producer.journal.write('close') });

    protocol.registerProducer(producer, true);
    peer.sendFrame({ byte0: 0x88, payload: hex('03 e8') });
    await producer.journal.has('close');

    assert.deepEqual(producer.journal.lines, ['stop', 'close']);
  });
});

describeInBothWays('A pull producer', (reading) => {
  /** Sends one piece each time, until there are no more. */
  function pulling(
    protocol: WebSocketServerProtocol,
    pieces: number,
    send: (piece: number) => void | Promise<void>,
  ): Producer & { journal: Journal } {
    const journal = new Journal();
    let next = 0;
    return {
      journal,
      pauseProducing: () => journal.write('pause'),
      resumeProducing: () => {
        journal.write(`resume ${String(next)}`);
        if (next < pieces) return send(next++);
        protocol.unregisterProducer();
        return undefined;
      },
      stopProducing: () => journal.write('stop'),
    };
  }

  it('is resumed once when it is registered and each time that all is written, and never paused', async (t) => {
    const { protocol, peer } = await open(t, reading);
    const producer = pulling(protocol, 5, () => void protocol.sendMessage(new Uint8Array(100_000)));

    protocol.registerProducer(producer, false);
    assert.deepEqual(producer.journal.lines, ['resume 0']);
    await peer.frames.takeAll(5);
    await producer.journal.has('resume 5');

    assert.deepEqual(
      producer.journal.lines,
      [0, 1, 2, 3, 4, 5].map((piece) => `resume ${String(piece)}`),
    );
  });

  it('may produce its pieces asynchronously', async (t) => {
    const { protocol, peer } = await open(t, reading);
    const producer = pulling(protocol, 3, async (piece) => {
      await new Promise((resolve) => setImmediate(resolve));
      protocol.sendMessage(String(piece));
    });

    protocol.registerProducer(producer, false);

    assert.deepEqual(await peer.describe(3), ['81: 30', '81: 31', '81: 32']);
    await producer.journal.has('resume 3');
  });

  it('is stopped when the connection ends', async (t) => {
    const { protocol, peer } = await open(t, reading);
    const producer = pulling(protocol, 1, () => undefined);

    protocol.registerProducer(producer, false);
    peer.socket.resetAndDestroy();
    await producer.journal.has('stop');

    assert.deepEqual(producer.journal.lines, ['resume 0', 'stop']);
  });

  it('needs no pauseProducing', async (t) => {
    const { protocol, peer } = await open(t, reading);
    let pieces = 0;
    const producer = {
      resumeProducing: () => {
        if (pieces++ < 2) protocol.sendMessage('x');
      },
      stopProducing: () => undefined,
    };

    protocol.registerProducer(producer as Producer, false);
    protocol.sendMessage('y');

    assert.deepEqual(await peer.describe(3), ['81: 78', '81: 79', '81: 78']);
  });
});

describeInBothWays('A producer', (reading) => {
  it('is stopped at once when it is registered after the end, and refused before the beginning', async (t) => {
    const { Server, opened } = openedServers();
    const server = await startServer(t, Server, reading);
    const peer = await connectRaw(t, server.url);
    const protocol = await opened.take();
    peer.sendFrame({ byte0: 0x88, payload: hex('03 e8') });
    await peer.closed();
    const producer = new Loop(protocol);

    protocol.registerProducer(producer, true);
    protocol.registerProducer(producer, false);

    assert.deepEqual(producer.journal.lines, ['stop', 'stop']);
    assert.throws(() => new Server().registerProducer(producer, true), {
      constructor: LocalUsageError,
      message: /not open yet/,
    });
  });

  for (const [way, fail] of [
    [
      'throws',
      (error: Error): never => {
        throw error;
      },
    ],
    ['rejects', (error: Error): Promise<void> => Promise.reject(error)],
  ] as const) {
    for (const method of ['pauseProducing', 'resumeProducing', 'stopProducing'] as const) {
      it(`whose ${method} ${way} fails the connection, and onError learns of it`, async (t) => {
        const { protocol, peer, errors } = await open(t, reading);
        const error = new Error('a secret');
        const nothing = (): void => undefined;
        const producer = {
          pauseProducing: nothing,
          resumeProducing: nothing,
          stopProducing: nothing,
          [method]: () => fail(error),
        };

        protocol.registerProducer(producer, true);
        protocol.sendMessage(new Uint8Array(100_000));
        if (method === 'stopProducing') peer.sendFrame({ byte0: 0x88, payload: hex('03 e8') });
        const frames = await peer.describeAll();

        const isTooLate = method === 'stopProducing' && way === 'rejects';
        assert.equal(frames.at(-1), isTooLate ? '88: 03 e8' : '88: 03 f3');
        assert.equal(await errors.take(), error);
      });
    }
  }
});
