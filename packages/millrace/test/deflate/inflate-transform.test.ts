import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import zlib from 'node:zlib';

import type { ExtensionSession } from '../../src/protocol/extension/extension.ts';
import type { MessageTransform } from '../../src/protocol/base/transform.ts';
import { InvalidPayloadError } from '../../src/protocol/base/errors.ts';
import { concat, hex, toHex } from '../helpers/bytes.ts';
import {
  CODECS,
  createEnds,
  createExtension,
  parameters,
  pullAll,
  receive,
  send,
  type Ends,
} from '../helpers/deflate.ts';
import { randomBytes } from '../helpers/random.ts';
import { splits } from '../helpers/splits.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const PIECE = 64 * KIB;

const text = (content: string): Uint8Array => new TextEncoder().encode(content);

const { signal } = new AbortController();

function receiving({ receive: transform }: ExtensionSession): MessageTransform {
  assert.ok(transform !== undefined);
  return transform;
}

const bombs = new Map<number, Uint8Array>();

/** Zeros, compressed as a message by somebody who wants to make much of little. */
function bomb(size: number): Uint8Array {
  const options = { level: 9, finishFlush: zlib.constants.Z_SYNC_FLUSH };
  const made = bombs.get(size) ?? zlib.deflateRawSync(new Uint8Array(size), options).subarray(0, -4);
  bombs.set(size, made);
  return made;
}

/** Receives as the engine does that has a limit: it stops to pull behind it. Says what came out. */
async function receiveUpTo(limit: number, session: ExtensionSession, chunks: readonly Uint8Array[]): Promise<number> {
  const transform = receiving(session);
  transform.begin({ opcode: 2, reservedBits: 0b100 });
  let size = 0;
  for (const chunk of chunks) {
    transform.push(chunk);
    for (let piece = await transform.pull(signal); piece !== undefined; piece = await transform.pull(signal)) {
      size += piece.length;
      if (size > limit) return size;
    }
  }
  transform.end();
  for (const piece of await pullAll(transform)) size += piece.length;
  return size;
}

for (const { name, codec } of CODECS) {
  const ends = (options = {}): Ends => createEnds(codec, options);

  describe(`InflateTransform with ${name}`, () => {
    it('passes by messages without RSV1, and takes those with it', () => {
      const transform = receiving(ends().server);

      assert.equal(transform.begin({ opcode: 1, reservedBits: 0 }), false);
      assert.equal(transform.begin({ opcode: 1, reservedBits: 0b011 }), false);
      assert.equal(transform.begin({ opcode: 1, reservedBits: 0b100 }), true);
      assert.equal(transform.begin({ opcode: 2, reservedBits: 0b110 }), true);
    });

    it('reads the two messages of RFC 7692 §7.2.3.2, the second of which refers to the first', async () => {
      for (const chunks of splits(hex('f2 48 cd c9 c9 07 00'))) {
        const { server } = ends();

        assert.equal(toHex(await receive(server, ...chunks)), toHex(text('Hello')));
        for (const second of splits(hex('f2 00 11 00 00'))) {
          assert.equal(toHex(await receive(server, ...second)), toHex(text('Hello')));
        }
        server.close?.();
      }
    });

    it('V094: reads messages that are plain, empty and compressed in turn', async () => {
      const { server, client } = ends();

      for (let count = 0; count < 5; count++) {
        assert.equal(receiving(server).begin({ opcode: 1, reservedBits: 0 }), false);
        assert.equal(toHex(await receive(server)), '');
        assert.equal(toHex(await receive(server, hex('00'))), '');
        assert.equal(toHex(await receive(server, await send(client, text('again')))), toHex(text('again')));
      }
      server.close?.();
      client.close?.();
    });

    it('V077: goes on behind a message whose last block is final', async () => {
      for (const options of [{}, { clientNoContextTakeover: true }]) {
        const { server } = ends(options);
        for (const payload of ['f3 48 cd c9 c9 07 00 00', 'f3 48 cd c9 c9 07 00', 'f2 48 cd c9 c9 07 00']) {
          assert.equal(toHex(await receive(server, hex(payload))), toHex(text('Hello')));
        }
        server.close?.();
      }
    });

    it('has no history where none was agreed on', async () => {
      const { server } = ends({ clientNoContextTakeover: true });

      assert.equal(toHex(await receive(server, hex('f2 48 cd c9 c9 07 00'))), toHex(text('Hello')));
      await assert.rejects(receive(server, hex('f2 00 11 00 00')), InvalidPayloadError);
    });

    it('reads what was compressed with a window of 8', async () => {
      const { extension } = createExtension(codec);
      const session = extension.acceptAnswer(parameters('server_max_window_bits=8')).createSession();

      for (const payload of ['f2 48 cd c9 c9 07 00', 'f2 00 11 00 00']) {
        assert.equal(toHex(await receive(session, hex(payload))), toHex(text('Hello')));
      }
      session.close?.();
    });

    const SPREADS: [how: string, chunks: (payload: Uint8Array) => Uint8Array[]][] = [
      ['in one frame', (payload) => [payload]],
      [
        'in 1,000 fragments',
        (payload) => {
          const size = Math.ceil(payload.length / 1000);
          return Array.from({ length: 1000 }, (_, index) => payload.slice(index * size, (index + 1) * size)).filter(
            ({ length }) => length > 0,
          );
        },
      ],
    ];
    for (const [how, spread] of SPREADS) {
      it(`V090: stops a bomb ${how} with at most 64 KiB behind the limit`, async () => {
        for (const limit of [1, 1000, MIB]) {
          const { server, contexts } = ends();
          const made = await receiveUpTo(limit, server, spread(bomb(64 * MIB)));
          server.close?.();

          assert.ok(made > limit && made <= limit + PIECE, `${String(made)} bytes of ${String(limit)}`);
          assert.equal(contexts.size, 0);
        }
      });
    }

    it('V090: stops a bomb over two messages, the second of which refers to the first', async () => {
      const { server } = ends();
      const stream = zlib.createDeflateRaw({ level: 9 });
      const parts: Uint8Array[] = [];
      stream.on('data', (part: Uint8Array) => parts.push(part));
      const message = async (): Promise<Uint8Array> => {
        parts.length = 0;
        stream.write(new Uint8Array(16 * MIB));
        await new Promise<void>((resolve) => stream.flush(zlib.constants.Z_SYNC_FLUSH, resolve));
        return concat(parts).subarray(0, -4);
      };

      assert.equal(await receiveUpTo(16 * MIB, server, [await message()]), 16 * MIB);
      const made = await receiveUpTo(MIB, server, [await message()]);

      assert.ok(made > MIB && made <= MIB + PIECE);
      server.close?.();
    });

    it('V078: gives exactly what is in a message, one byte more or less than a limit', async () => {
      for (const size of [PIECE - 1, PIECE, PIECE + 1, PIECE + 2, 2 ** 21 - 1, 2 ** 21, 2 ** 21 + 1]) {
        const { server } = ends();

        assert.equal(await receiveUpTo(size, server, [bomb(size)]), size);
        server.close?.();
      }
    });

    it('V092: says once that data is not valid, and nothing later', async () => {
      const { server, contexts } = ends();
      const broken = concat([bomb(4 * MIB), hex('ff ff ff')]);

      const made = await receiveUpTo(MIB, server, [broken]);
      assert.ok(made > MIB);
      server.close?.();
      await assert.rejects(receive(ends().server, broken), InvalidPayloadError);

      assert.equal(contexts.size, 0);
    });

    it('holds a context from the first message with something in it, and frees it at the end', async () => {
      const { server, client, contexts } = ends();
      assert.equal(contexts.size, 0);
      await receive(server);
      assert.equal(contexts.size, 0);

      await receive(server, hex('00'));
      assert.equal(contexts.size, 1);
      server.close?.();
      server.close?.();
      client.close?.();

      assert.equal(contexts.size, 0);
      assert.equal(contexts.promised, 0);
    });

    it('shares contexts where there is no history', async () => {
      const { contexts, server } = ends({ clientNoContextTakeover: true });
      const payload = await send(ends().client, text('Hello'));

      for (let count = 0; count < 20; count++) assert.equal((await receive(server, payload)).length, 5);
      server.close?.();

      assert.equal(contexts.size, 1);
      contexts.sweep();
      contexts.sweep();
      assert.equal(contexts.size, 0);
    });

    it('gives up a context that has failed', async () => {
      const { server, contexts } = ends();

      await assert.rejects(receive(server, hex('ff')), InvalidPayloadError);

      assert.equal(contexts.size, 0);
      server.close?.();
    });

    it('gives nothing more when the connection ends while a piece is promised', async () => {
      const { server, contexts } = ends();
      const transform = receiving(server);
      transform.begin({ opcode: 2, reservedBits: 0b100 });
      transform.push(bomb(64 * MIB));

      const promised = transform.pull(signal);
      assert.ok(promised instanceof Promise);
      server.close?.();

      assert.equal(await promised, undefined);
      assert.equal(await transform.pull(signal), undefined);
      assert.equal(contexts.size, 0);
    });

    it('reads random messages of random sizes, cut at random places', async () => {
      for (const options of [{}, { clientNoContextTakeover: true }]) {
        const { server, client } = ends(options);
        for (let seed = 1; seed <= 60; seed++) {
          const random = randomBytes(3, seed);
          const data = randomBytes(random[0]! * random[1]!, seed).map((byte) => byte & 0x1f);
          const payload = await send(client, data);
          const cut = Math.floor((payload.length * random[2]!) / 256);

          assert.deepEqual(await receive(server, payload.slice(0, cut), payload.slice(cut)), data);
        }
        server.close?.();
        client.close?.();
      }
    });
  });
}
