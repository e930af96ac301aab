import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { RECEIVE_BUFFER } from '../../../src/protocol/wire/mask.ts';
import { findOnreadPlaces, readIntoSharedBuffer } from '../../../src/transport/reading/shared-read-buffer.ts';
import { randomBytes } from '../../helpers/random.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Two ends of a loopback connection; `far` is not read yet. */
async function connected(t: TestContext): Promise<{ near: Socket; far: Socket }> {
  const server = createServer({ pauseOnConnect: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const near = connect(address.port, address.address);
  const far = await accepted;
  t.after(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  return { near, far };
}

interface ReadSetup {
  readonly largestRead?: number;
  /** Whether the reader takes large reads. */
  readonly takes?: () => boolean;
}

async function readInto(socket: Socket, receive: (chunk: Uint8Array) => void, setup: ReadSetup = {}): Promise<void> {
  const { largestRead = Infinity, takes = () => true } = setup;
  const places = await findOnreadPlaces();
  assert.ok(places !== undefined, 'this Node keeps them elsewhere');
  const reader = {
    receive,
    largestRead,
    get takesLargeReads() {
      return takes();
    },
  };
  readIntoSharedBuffer(socket, places, reader);
  socket.resume();
}

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

describe('findOnreadPlaces', () => {
  it('finds them on this Node, once', async () => {
    const [first, second] = await Promise.all([findOnreadPlaces(), findOnreadPlaces()]);

    assert.ok(first !== undefined);
    assert.equal(first, second);
    assert.deepEqual(Object.keys(first).toSorted(), ['buffer', 'callback', 'next']);
  });

  const child = fileURLToPath(new URL('children/other-node.js', import.meta.url));
  for (const other of [
    'no-places',
    'no-method',
    'ignored-buffer',
    'no-pause',
    'no-loopback',
    'no-listening',
    'no-bytes',
  ]) {
    it(`finds none on a Node that is different, and all works by 'data' events: ${other}`, async () => {
      const { stdout } = await promisify(execFile)(process.execPath, [child, other], { timeout: 20_000 });

      assert.equal(stdout, 'no places\necho\n');
    });
  }
});

describe('readIntoSharedBuffer', () => {
  it('lends views on one buffer, in which masks can be taken off', async (t) => {
    const { near, far } = await connected(t);
    const chunks: Uint8Array[] = [];
    await readInto(far, (chunk) => chunks.push(chunk));

    near.end('some bytes');
    await once(far, 'end');

    assert.equal(chunks.length, 1);
    assert.equal(chunks[0]?.length, 10);
    assert.equal(chunks[0].buffer, RECEIVE_BUFFER?.buffer);
    assert.equal(Object.getPrototypeOf(chunks[0]), Uint8Array.prototype);
  });

  it('reads 64 KiB at first, 1 MiB when that was filled, 64 KiB as long as the reader takes no more', async (t) => {
    const { near, far } = await connected(t);
    const payload = randomBytes(6 * MIB, 1);
    const parts: Buffer[] = [];
    const sizes: number[] = [];
    let takesLarge = true;
    const receive = (chunk: Uint8Array): void => {
      parts.push(Buffer.from(chunk));
      sizes.push(chunk.length);
      takesLarge = sizes.length < 4;
      if (sizes.length === 4) far.pause();
    };
    near.end(payload);
    await turns(50);
    await readInto(far, receive, { takes: () => takesLarge });
    while (sizes.length < 4) await turns(1);
    await turns(20);
    assert.equal(sizes.length, 4, 'a pause holds');
    far.resume();
    await once(far, 'end');

    const received = Buffer.concat(parts);
    assert.equal(Buffer.compare(received, payload), 0);
    assert.ok(sizes[0]! <= 64 * KIB, sizes.join());
    assert.ok(
      sizes.slice(1, 4).some((size) => size > 64 * KIB),
      sizes.join(),
    );
    assert.ok(
      sizes.slice(4).every((size) => size <= 64 * KIB),
      sizes.join(),
    );
  });

  it('reads at most as much at a time as it is told', async (t) => {
    const { near, far } = await connected(t);
    const sizes: number[] = [];
    near.end(new Uint8Array(6 * MIB));
    await turns(50);
    await readInto(far, (chunk) => sizes.push(chunk.length), { largestRead: 256 * KIB });
    await once(far, 'end');

    assert.equal(
      sizes.reduce((sum, size) => sum + size, 0),
      6 * MIB,
    );
    assert.equal(Math.max(...sizes), 256 * KIB);
  });

  it('keeps what several sockets bring apart', async (t) => {
    const pairs = await Promise.all(Array.from({ length: 5 }, () => connected(t)));
    const payloads = pairs.map((_, index) => randomBytes(300_000 + index, index + 1));

    const ends = pairs.map(async ({ far }) => {
      const parts: Buffer[] = [];
      await readInto(far, (chunk) => {
        parts.push(Buffer.from(chunk));
        // What is lent may be overwritten.
        chunk.fill(0);
      });
      await once(far, 'end');
      return Buffer.concat(parts);
    });
    pairs.forEach(({ near }, index) => {
      const payload = payloads[index]!;
      for (let start = 0; start < payload.length; start += 7000) near.write(payload.subarray(start, start + 7000));
      near.end();
    });

    const received = await Promise.all(ends);
    received.forEach((bytes, index) => assert.equal(Buffer.compare(bytes, payloads[index]!), 0));
  });

  it('tells the end and errors as ever', async (t) => {
    const { near, far } = await connected(t);
    await readInto(far, () => undefined);
    const error = once(far, 'error');
    const closed = new Promise((resolve) => far.once('close', resolve));

    near.resetAndDestroy();

    const [{ code }] = (await error) as [NodeJS.ErrnoException];
    assert.equal(code, 'ECONNRESET');
    await closed;
  });
});
