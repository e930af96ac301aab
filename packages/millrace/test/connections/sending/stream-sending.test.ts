import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { describe, it } from 'node:test';

import { ConnectionClosedError, LimitExceededError } from '../../../src/protocol/base/errors.ts';
import type { ReadableStreamLike, Sendable } from '../../../src/connections/sending/sendable.ts';
import { hex } from '../../helpers/bytes.ts';
import { fateOf, openSending, turns } from '../../helpers/sending.ts';

/** A source of each kind that gives what it is told to, then waits for ever, and notes when it is stopped. */
class WaitingSource {
  isStopped = false;
  #wake: () => void = () => undefined;
  readonly #pieces: readonly (string | Uint8Array)[];
  readonly #waits = new Promise<void>((resolve) => (this.#wake = resolve));

  constructor(pieces: readonly (string | Uint8Array)[]) {
    this.#pieces = pieces;
  }

  readable(): Readable {
    const pieces = [...this.#pieces];
    return new Readable({
      read() {
        const piece = pieces.shift();
        if (piece !== undefined) this.push(piece);
      },
      destroy: (error, done) => {
        this.isStopped = true;
        done(error);
      },
    });
  }

  stream(): ReadableStream<string | Uint8Array> {
    const pieces = [...this.#pieces];
    return new ReadableStream({
      pull: (controller) => {
        const piece = pieces.shift();
        if (piece !== undefined) controller.enqueue(piece);
        return piece === undefined ? new Promise(() => undefined) : undefined;
      },
      cancel: () => void (this.isStopped = true),
    });
  }

  async *generator(): AsyncGenerator<string | Uint8Array> {
    try {
      yield* this.#pieces;
      await this.#waits;
      yield 'too late';
    } finally {
      this.isStopped = true;
    }
  }

  /** Ends the waiting of the generator, which nobody else can. */
  wake(): void {
    this.#wake();
  }
}

const KINDS = ['readable', 'stream', 'generator'] as const;

function* throwing(pieces: Iterable<string>, error: Error): Generator<string> {
  yield* pieces;
  throw error;
}

/** A stream that is no instance of the platform's class, and no iterable. */
function foreignStream(pieces: readonly string[]): ReadableStreamLike {
  const stream = new Blob([...pieces]).stream().pipeThrough(new TextDecoderStream());
  return { getReader: () => stream.getReader() };
}

describe('send, of what comes in pieces', () => {
  const SOURCES: [name: string, make: () => Sendable, frames: string[]][] = [
    ['an array', () => ['a', 'b'], ['81: 61 62']],
    ['an array of bytes', () => [hex('01'), hex('02').buffer], ['82: 01 02']],
    ['a generator', () => new Set(['a', 'b']).values(), ['81: 61 62']],
    ['an async generator', () => Readable.from(['a', 'b']).map((text: string) => text), ['81: 61 62']],
    ['a Readable', () => Readable.from([hex('01'), hex('02')]), ['82: 01 02']],
    ['a ReadableStream', () => new Response('ab').body ?? '', ['82: 61 62']],
    ['a Blob', () => new Blob(['a', 'b']), ['82: 61 62']],
    ['what another library calls a Blob', () => ({ size: 2, stream: () => new Blob(['ab']).stream() }), ['82: 61 62']],
    ['what another library calls a ReadableStream', () => foreignStream(['a', 'b']), ['81: 61 62']],
    ['an empty Blob', () => new Blob([]), ['82:']],
    ['nothing', () => [], ['82:']],
    ['an empty Readable', () => Readable.from([]), ['82:']],
    ['empty pieces', () => ['', hex('')], ['81:']],
    ['text, then bytes', () => ['a', hex('62')], ['81: 61 62']],
    ['a surrogate pair in two', () => ['\ud83d', '\ude00'], ['81: f0 9f 98 80']],
  ];
  for (const [name, make, expected] of SOURCES) {
    it(`sends ${name} as one message`, async (t) => {
      const { connection, peer } = openSending(t);

      await connection.send(make());
      await turns(2);

      const text = peer.frames.map(({ payload }) => Buffer.from(payload).toString('hex')).join('');
      const [first] = peer.frames;
      const byte0 = `8${String(first?.opcode)}`;
      assert.equal(`${byte0}: ${text}`, expected[0]?.replaceAll(' ', '').replace(':', ': ').padEnd(4));
      assert.equal(peer.frames.at(-1)?.fin, true);
      assert.equal(connection.bufferedAmount, 0);
    });
  }

  for (const [name, make] of SOURCES.slice(0, 13)) {
    it(`sends ${name} as the type that is given`, async (t) => {
      const { connection, peer } = openSending(t);

      await connection.send(['a'], { type: 'binary' });
      await connection.send(name.includes('bytes') ? [hex('61')] : make(), { type: 'text' });
      await turns(2);

      assert.deepEqual(
        peer.frames.flatMap(({ opcode }) => (opcode === 0 ? [] : [opcode])),
        [2, 1],
      );
    });
  }

  it('asks for no piece before the one before it is on its way', async (t) => {
    const { connection, block, unblock } = openSending(t, { highWaterMark: 1000 });
    let asked = 0;
    function* source(): Generator<Uint8Array> {
      for (; asked < 10; asked++) yield new Uint8Array(1000);
    }
    block();

    const sent = connection.send(source());
    await turns(5);
    assert.ok(asked <= 2, `${asked} pieces`);
    assert.equal(await fateOf(sent), 'pending');
    unblock();
    await sent;

    assert.equal(asked, 10);
  });

  it('keeps the order of sends of every kind', async (t) => {
    const { connection, peer } = openSending(t);
    const { signal } = new AbortController();

    const writer = connection.beginMessage('text').then(async (open) => {
      await turns(3);
      await open.write('0');
      await open.end();
    });
    const sends = [
      connection.send('1'),
      connection.send(Readable.from(['2'])),
      connection.send(Buffer.from('3'), { signal }),
      connection.send(new Blob(['4'])),
      connection.send(new Response('5').body ?? ''),
      connection.send('6', { signal, type: 'binary' }),
      connection.send(['7'], { signal }),
      connection.beginMessage('text').then((open) => open.end()),
      connection.send('9'),
    ];
    await Promise.all([writer, ...sends]);
    await turns(2);

    const messages: string[] = [];
    for (const { opcode, payload } of peer.frames) {
      const text = Buffer.from(payload).toString();
      if (opcode === 0) messages.push(`${messages.pop() ?? ''}${text}`);
      else messages.push(text);
    }
    assert.deepEqual(messages, ['0', '1', '2', '3', '4', '5', '6', '7', '', '9']);
    assert.equal(connection.bufferedAmount, 0);
  });

  it('refuses what cannot be sent, and the connection goes on', async (t) => {
    const { connection, frames } = openSending(t);

    for (const data of [undefined, null, 5, {}, true, Symbol('s'), () => undefined]) {
      const sent = connection.send(data as Sendable);
      await assert.rejects(sent, { name: 'LocalUsageError', message: /^what is to be sent is / });
    }
    const badType = connection.send(['a'], { type: 'json' as 'text' });
    await assert.rejects(badType, { name: 'LocalUsageError', message: /^type is / });
    await assert.rejects(connection.send([5] as unknown as Sendable), { name: 'LocalUsageError' });
    await assert.rejects(connection.send([hex('e2')], { type: 'text' }), { name: 'LocalUsageError' });
    await connection.send('a');

    assert.deepEqual(await frames(1), ['81: 61']);
    assert.equal(connection.state, 'open');
  });

  describe('from a source that fails', () => {
    const error = new Error('no source');
    const FAILING: [name: string, make: (pieces: string[]) => Sendable][] = [
      ['a generator', (pieces) => throwing(pieces, error)],
      ['a Readable', (pieces) => Readable.from(throwing(pieces, error))],
      [
        'a ReadableStream',
        (pieces) =>
          new ReadableStream<string>({
            pull: (controller) => {
              const piece = pieces.shift();
              if (piece === undefined) controller.error(error);
              else controller.enqueue(piece);
            },
          }),
      ],
    ];
    for (const [name, make] of FAILING) {
      it(`sends nothing if that is before the first piece, and goes on: ${name}`, async (t) => {
        const { connection, frames } = openSending(t);

        await assert.rejects(connection.send(make([])), error);
        await connection.send('a');

        assert.deepEqual(await frames(1), ['81: 61']);
      });

      it(`fails with 1011 after a piece has gone out, with the error in the closure: ${name}`, async (t) => {
        const { connection, framesUntilClose } = openSending(t);

        await assert.rejects(connection.send(make(['x'.repeat(70_000), 'y'])), error);
        const lines = await framesUntilClose();

        assert.equal(lines.at(-1), '88: 03 f3');
        assert.equal((await connection.closed).error, error);
      });
    }

    it('does so for a piece that is none', async (t) => {
      const { connection, framesUntilClose } = openSending(t);
      const source = ['x'.repeat(70_000), 'y', 5] as unknown as Sendable;

      await assert.rejects(connection.send(source), {
        name: 'LocalUsageError',
        message: /piece of a message is 5/,
      });

      assert.equal((await framesUntilClose()).at(-1), '88: 03 f3');
    });

    it('does not end the process while it waits for its turn', async (t) => {
      const { connection, frames } = openSending(t);
      const writer = await connection.beginMessage('text');
      const broken = new Readable({ read: () => undefined });
      const sent = connection.send(broken);
      broken.destroy(error);
      await turns(2);

      await writer.end();

      await assert.rejects(sent, error);
      await connection.send('a');
      assert.deepEqual(await frames(2), ['81:', '81: 61']);
    });

    it('is told by its own error, also if it fails to stop', async (t) => {
      const { connection } = openSending(t);
      const source = {
        [Symbol.iterator]: () => ({
          next: () => ({ done: false as const, value: 5 as unknown as string }),
          return: () => {
            throw new Error('does not stop');
          },
        }),
      };

      await assert.rejects(connection.send(source), { name: 'LocalUsageError' });
    });
  });

  describe('to a connection that ends', () => {
    for (const kind of KINDS) {
      for (const [when, pieces] of [
        ['before its first piece', []],
        ['between its pieces', ['a']],
      ] as const) {
        it(`fails at once and stops the source, which waits ${when}: ${kind}`, async (t) => {
          const { connection } = openSending(t);
          const source = new WaitingSource(pieces);
          const sent = connection.send(source[kind]());
          await turns(3);

          connection.drop();

          await assert.rejects(sent, ConnectionClosedError);
          source.wake();
          await turns(2);
          assert.equal(source.isStopped, true);
        });
      }

      it(`stops the source when the peer reads no more, and resets: ${kind}`, async (t) => {
        const { connection, peer, block } = openSending(t);
        block();
        const source = new WaitingSource([new Uint8Array(100_000), new Uint8Array(100_000)]);
        const sent = connection.send(source[kind]());
        await turns(3);
        assert.equal(await fateOf(sent), 'pending');

        peer.destroy();

        await assert.rejects(sent, ConnectionClosedError);
        source.wake();
        await turns(2);
        assert.equal(source.isStopped, true);
      });

      it(`stops a source whose turn never comes: ${kind}`, async (t) => {
        const { connection } = openSending(t);
        await connection.beginMessage('text');
        const source = new WaitingSource(['a']);
        const sent = connection.send(source[kind]());

        connection.drop();
        await assert.rejects(sent, ConnectionClosedError);
        const late = new WaitingSource(['a']);
        await assert.rejects(connection.send(late[kind]()), ConnectionClosedError);
        await turns(2);

        // A generator that has not begun has nothing to end.
        assert.deepEqual([source.isStopped, late.isStopped], Array(2).fill(kind !== 'generator'));
      });
    }

    it('fails with the closure that tells why', async (t) => {
      const { connection, peer } = openSending(t);
      const sent = connection.send(new WaitingSource(['a']).generator());
      await turns(2);

      peer.sendBytes(hex('82 00'));
      peer.end();

      await assert.rejects(sent, (error: unknown) => {
        assert.ok(error instanceof ConnectionClosedError);
        assert.equal(error.closure.sent?.code, 1002);
        return true;
      });
    });
  });

  describe('with a signal', () => {
    for (const kind of KINDS) {
      it(`withdraws before its turn, before its first piece, and fails with 1011 after: ${kind}`, async (t) => {
        const { connection, framesUntilClose } = openSending(t);
        const [queued, waiting, begun] = [new AbortController(), new AbortController(), new AbortController()];
        const sources = [new WaitingSource(['a']), new WaitingSource([]), new WaitingSource(['c'])] as const;
        const writer = await connection.beginMessage('text');

        const first = connection.send(sources[0][kind](), { signal: queued.signal });
        queued.abort(new Error('queued'));
        await assert.rejects(first, /queued/);
        await writer.end();
        const second = connection.send(sources[1][kind](), { signal: waiting.signal });
        await turns(2);
        waiting.abort(new Error('waiting'));
        await assert.rejects(second, /waiting/);
        await connection.send('b');
        const third = connection.send(sources[2][kind](), { signal: begun.signal, type: 'text' });
        await turns(3);
        begun.abort(new Error('begun'));
        await assert.rejects(third, /begun/);

        assert.deepEqual(await framesUntilClose(), ['81:', '81: 62', '01: 63', '88: 03 f3']);
        assert.equal((await connection.closed).error?.message, 'begun');
        for (const source of sources) source.wake();
        await turns(2);
        assert.deepEqual(
          sources.map(({ isStopped }) => isStopped),
          [kind !== 'generator', true, true],
        );
      });
    }

    it('stops waiting for a message that was sent, which goes its way', async (t) => {
      const { connection, block, unblock, frames } = openSending(t, { highWaterMark: 1 });
      const controller = new AbortController();
      block();

      const sent = connection.send(['abc'], { signal: controller.signal });
      await turns(2);
      controller.abort(new Error('enough'));
      await assert.rejects(sent, /enough/);
      unblock();

      assert.deepEqual(await frames(1), ['81: 61 62 63']);
      assert.equal(connection.state, 'open');
    });
  });

  it('fails with 1008 where others send too much meanwhile; all promises settle', async (t) => {
    const { connection, peer } = openSending(t, { maxBufferedAmount: 1000, highWaterMark: 0 });
    const source = new WaitingSource(['a']);
    const sent = connection.send(source.readable());
    await turns(2);

    const others = Array.from({ length: 5 }, () => connection.send(new Uint8Array(300)));
    peer.end();

    const { error, sent: close } = await connection.closed;
    assert.ok(error instanceof LimitExceededError);
    assert.equal(close?.code, 1008);
    for (const each of [sent, ...others]) await assert.rejects(each, ConnectionClosedError);
    assert.equal(source.isStopped, true);
    assert.equal(connection.bufferedAmount, 0);
  });
});
