import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import zlib from 'node:zlib';

import type { Codec } from '../../../src/deflate/codec/codec.ts';
import { TurnBudget } from '../../../src/deflate/codec/turn-budget.ts';
import { InvalidPayloadError } from '../../../src/protocol/base/errors.ts';
import { concat, hex, toHex } from '../../helpers/bytes.ts';
import { CODECS, DEFAULT_SETTINGS, deflateMessage, inflateMessage, pullPieces } from '../../helpers/deflate.ts';
import { createRandom, randomBytes } from '../../helpers/random.ts';
import { splits } from '../../helpers/splits.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

const text = (content: string): Uint8Array => new TextEncoder().encode(content);

/** Bytes that compress to about a third, the same for the same seed. */
function someData(size: number, seed: number): Uint8Array<ArrayBuffer> {
  const random = createRandom(seed);
  return Uint8Array.from({ length: size }, (_, index) => (index % 4 === 0 ? random(64) : index % 50));
}

/** What `zlib` itself makes of messages, each ended with a sync flush. */
async function zlibMessages(payloads: readonly Uint8Array[], options: zlib.ZlibOptions): Promise<Uint8Array[]> {
  const stream = zlib.createDeflateRaw(options);
  const made: Uint8Array[] = [];
  let pieces: Uint8Array[] = [];
  stream.on('data', (piece: Uint8Array) => pieces.push(piece));
  for (const payload of payloads) {
    stream.write(payload);
    await new Promise<void>((resolve) => stream.flush(zlib.constants.Z_SYNC_FLUSH, resolve));
    made.push(concat(pieces));
    pieces = [];
  }
  return made;
}

/** Expects a pull to fail as one of data that a peer has sent. */
async function rejects(payload: Uint8Array, codec: Codec, windowBits = 15): Promise<InvalidPayloadError> {
  const inflater = codec.createInflater(windowBits);
  let failure: unknown;
  await assert.rejects(inflateMessage(inflater, payload), (error) => {
    failure = error;
    return true;
  });
  assert.ok(failure instanceof InvalidPayloadError, String(failure));
  assert.equal(failure.closeCode, 1007);
  return failure;
}

for (const { name, codec } of CODECS) {
  describe(`compressing and decompressing with ${name}`, () => {
    for (const windowBits of [9, 10, 11, 12, 13, 14, 15]) {
      it(`brings data of all sizes there and back with a window of ${String(windowBits)}`, async () => {
        const deflater = codec.createDeflater({ ...DEFAULT_SETTINGS, windowBits });
        const inflater = codec.createInflater(windowBits);

        for (const size of [1, 2, 100, 511, 5000, 20_000, 70_000, 300_000]) {
          const data = size % 2 === 0 ? someData(size, size) : randomBytes(size, size);
          const payload = await deflateMessage(deflater, data);

          assert.deepEqual(await inflateMessage(inflater, payload), data);
        }
        deflater.close();
        inflater.close();
      });
    }

    for (const level of [1, 2, 3, 4, 5, 6, 7, 8, 9]) {
      it(`brings data there and back with level and memLevel ${String(level)}`, async () => {
        const deflater = codec.createDeflater({ windowBits: 12, level, memLevel: level });
        const inflater = codec.createInflater(12);

        for (const size of [100, 1000, 10_000, 100_000]) {
          const data = someData(size, size);

          assert.deepEqual(await inflateMessage(inflater, await deflateMessage(deflater, data)), data);
        }
        deflater.close();
        inflater.close();
      });
    }

    it('makes what zlib reads, with all windows', async () => {
      for (const windowBits of [9, 10, 11, 12, 13, 14, 15]) {
        const deflater = codec.createDeflater({ ...DEFAULT_SETTINGS, windowBits });
        const messages = [1, 50, 3000, 40_000].map((size) => someData(size, windowBits));

        const wire: Uint8Array[] = [];
        for (const message of messages) wire.push(await deflateMessage(deflater, message), hex('00 00 ff ff'));

        const stream = concat([...wire, hex('01 00 00 ff ff')]);
        assert.deepEqual(new Uint8Array(zlib.inflateRawSync(stream, { windowBits })), concat(messages));
        deflater.close();
      }
    });

    it('reads what zlib makes, with all windows', async () => {
      for (const windowBits of [9, 10, 11, 12, 13, 14, 15]) {
        const inflater = codec.createInflater(windowBits);
        const messages = [1, 50, 3000, 40_000].map((size) => someData(size, windowBits));

        for (const [index, part] of (await zlibMessages(messages, { windowBits })).entries()) {
          assert.deepEqual(await inflateMessage(inflater, part.subarray(0, -4)), messages[index]);
        }
        inflater.close();
      }
    });

    it('gives pieces of at most 64 KiB, each of its own memory', async () => {
      const data = someData(MIB, 3);
      const deflater = codec.createDeflater(DEFAULT_SETTINGS);
      const inflater = codec.createInflater(13);

      deflater.push(data);
      deflater.flush();
      const deflated = await pullPieces(deflater);
      for (const piece of deflated) inflater.push(piece);
      const inflated = await pullPieces(inflater);

      for (const pieces of [deflated, inflated]) {
        assert.ok(pieces.length > 1);
        assert.ok(pieces.every(({ length }) => length > 0 && length <= 64 * KIB));
        assert.ok(pieces.every((piece) => Object.getPrototypeOf(piece) === Uint8Array.prototype));
        assert.equal(new Set(pieces.map(({ buffer }) => buffer)).size, pieces.length);
        assert.ok(pieces.every(({ length, buffer }) => buffer.byteLength === length));
      }
      assert.deepEqual(concat(inflated), data);
      deflater.close();
      inflater.close();
    });

    it('uses up all of a long input, flushed or not', async () => {
      const data = someData(3 * MIB, 9);
      const deflater = codec.createDeflater(DEFAULT_SETTINGS);
      deflater.push(data);
      const before = concat(await pullPieces(deflater));
      deflater.flush();
      const behind = concat(await pullPieces(deflater));

      assert.ok(behind.length < 64 * KIB, String(behind.length));
      const stream = concat([before, behind, hex('01 00 00 ff ff')]);
      assert.ok(Buffer.from(zlib.inflateRawSync(stream)).equals(data));
      deflater.close();
    });

    it('gives all that a flush is for, and nothing for a flush of nothing', async () => {
      const deflater = codec.createDeflater(DEFAULT_SETTINGS);
      const inflater = codec.createInflater(13);

      deflater.push(text('one'));
      deflater.flush();
      deflater.push(text('two'));
      deflater.push(text('three'));
      deflater.flush();
      const wire = concat(await pullPieces(deflater));
      assert.deepEqual(await pullPieces(deflater), []);

      inflater.push(wire);
      assert.equal(toHex(concat(await pullPieces(inflater))), toHex(text('onetwothree')));
      assert.equal(toHex(wire.subarray(-4)), '00 00 ff ff');
      deflater.close();
      inflater.close();
    });

    it('forgets its history when it is reset, and input that is left', async () => {
      const deflater = codec.createDeflater(DEFAULT_SETTINGS);
      const inflater = codec.createInflater(13);
      const data = someData(500, 4);

      const first = await deflateMessage(deflater, data);
      const second = await deflateMessage(deflater, data);
      deflater.push(text('left'));
      deflater.reset();
      const third = await deflateMessage(deflater, data);
      inflater.push(hex('ff'));
      inflater.reset();

      assert.ok(second.length < first.length / 4);
      assert.deepEqual(third, first);
      for (const payload of [first, second]) assert.deepEqual(await inflateMessage(inflater, payload), data);
      inflater.reset();
      assert.deepEqual(await inflateMessage(inflater, third), data);
      deflater.close();
      inflater.close();
    });

    it('reads messages however they are cut', async () => {
      const deflater = codec.createDeflater(DEFAULT_SETTINGS);
      const data = someData(150, 5);
      const first = await deflateMessage(deflater, data);
      const second = await deflateMessage(deflater, data);

      for (const chunks of splits(first)) {
        const inflater = codec.createInflater(13);
        assert.deepEqual(await inflateMessage(inflater, ...chunks), data);
        assert.deepEqual(await inflateMessage(inflater, second), data);
        inflater.close();
      }
      deflater.close();
    });

    const VALID: [name: string, payload: string, text: string][] = [
      ['a fixed block (RFC 7692 §7.2.3.1)', 'f2 48 cd c9 c9 07 00', 'Hello'],
      ['a stored block (§7.2.3.3)', '00 05 00 fa ff 48 65 6c 6c 6f 00', 'Hello'],
      ['a final block and an empty one (§7.2.3.4)', 'f3 48 cd c9 c9 07 00 00', 'Hello'],
      ['two blocks (§7.2.3.5)', 'f2 48 05 00 00 00 ff ff ca c9 c9 07 00', 'Hello'],
      ['two final blocks', 'f3 48 cd c9 c9 07 00 f3 48 cd c9 c9 07 00 00', 'HelloHello'],
      ['an empty payload', '', ''],
      ['an empty block (§7.2.3.6)', '00', ''],
      ['empty blocks', '00 00 00 ff ff 00 00 00 ff ff 00', ''],
      ['a final block alone, as some send it', 'f3 48 cd c9 c9 07 00', 'Hello'],
      ['nothing behind a sync flush, as ws sends it', 'f2 48 cd c9 c9 07 00 00 00 ff ff', 'Hello'],
    ];
    for (const [what, payload, content] of VALID) {
      it(`reads ${what}, at every cut, and the message after it`, async () => {
        const next = await deflateMessage(codec.createDeflater(DEFAULT_SETTINGS), text('next'));

        for (const chunks of splits(hex(payload))) {
          const inflater = codec.createInflater(15);
          assert.equal(toHex(await inflateMessage(inflater, ...chunks)), toHex(text(content)));
          assert.equal(toHex(await inflateMessage(inflater, next)), toHex(text('next')));
          inflater.close();
        }
      });
    }

    const INVALID: [name: string, payload: string][] = [
      ['a block of a type that does not exist', 'ff 00'],
      ['a stored block with a wrong length', '00 05 00 fb ff 48 65 6c 6c 6f 00'],
      ['a reference beyond what was sent', '02 02 00 00'],
      ['garbage behind a final block', 'f3 48 cd c9 c9 07 00 ff ff'],
      ['a block that does not end', 'f2 48 cd 09'],
      ['a stored block that does not end', '00 05 00 fa ff 48 65 00'],
      ['a final block cut off', 'f3 48 cd c9'],
    ];
    for (const [what, payload] of INVALID) {
      it(`refuses ${what}, at every cut`, async () => {
        for (const chunks of splits(hex(payload))) {
          const inflater = codec.createInflater(15);
          await assert.rejects(inflateMessage(inflater, ...chunks), InvalidPayloadError);
        }
        const { message } = await rejects(hex(payload), codec);
        assert.match(
          message,
          /^(compressed data is not valid: .+|a compressed message ends before its data does) \(RFC 7692 §7\.2\.2\)$/,
        );
      });
    }

    it('refuses nothing of random data by anything but an InvalidPayloadError', async () => {
      let refused = 0;
      for (let seed = 1; seed <= 300; seed++) {
        const inflater = codec.createInflater(15);
        try {
          await inflateMessage(inflater, randomBytes(1 + (seed % 60), seed));
        } catch (error) {
          assert.ok(error instanceof InvalidPayloadError, String(error));
          refused++;
        }
        inflater.close();
      }
      assert.ok(refused > 200);
    });

    it('refuses a reference beyond the window that was agreed on', async () => {
      // What has left the window is forgotten when the output is in other hands.
      const far = concat([randomBytes(200, 8), someData(20_000, 8), randomBytes(200, 8)]);
      const payload = await deflateMessage(codec.createDeflater({ ...DEFAULT_SETTINGS, windowBits: 15 }), far);
      const inflater = codec.createInflater(9);
      const halves = [payload.subarray(0, -20), payload.subarray(-20)];

      await assert.rejects(async () => {
        for (const half of halves) {
          inflater.push(half);
          await pullPieces(inflater);
        }
      }, InvalidPayloadError);
    });

    it('makes nothing ahead of a pull', async () => {
      const bomb = zlib.deflateRawSync(new Uint8Array(64 * MIB), { finishFlush: zlib.constants.Z_SYNC_FLUSH });
      const inflater = codec.createInflater(15);
      const turn = new TurnBudget();
      inflater.push(bomb);

      const used = process.memoryUsage().arrayBuffers;
      for (let count = 0; count < 4; count++) {
        const piece = await inflater.pull(turn);
        assert.ok(piece !== undefined);
      }
      // Whatever the thread pool might be doing is done before this.
      for (let job = 0; job < 20; job++) await promisify(zlib.deflateRaw)('another job');

      assert.ok(process.memoryUsage().arrayBuffers - used < MIB);
      inflater.close();
    });

    it('gives nothing more once it is closed, also where a piece was promised', async () => {
      const deflater = codec.createDeflater(DEFAULT_SETTINGS);
      const turn = new TurnBudget();
      deflater.push(someData(MIB, 6));
      deflater.flush();

      const promised = deflater.pull(turn);
      assert.ok(promised instanceof Promise);
      deflater.close();
      deflater.close();

      assert.equal(await promised, undefined);
      assert.equal(await deflater.pull(turn), undefined);
    });

    it('refuses a second pull while a piece is promised', async () => {
      const deflater = codec.createDeflater(DEFAULT_SETTINGS);
      const turn = new TurnBudget();
      deflater.push(someData(MIB, 6));

      const promised = deflater.pull(turn);

      assert.throws(() => deflater.pull(turn), /promised already/);
      assert.ok((await promised) instanceof Uint8Array);
      deflater.close();
    });

    it('fails when input is taken away before it is used up', async () => {
      const deflater = codec.createDeflater(DEFAULT_SETTINGS);
      const taken = someData(1000, 7);

      deflater.push(taken);
      structuredClone(taken.buffer, { transfer: [taken.buffer] });

      await assert.rejects(pullPieces(deflater), /taken away/);
    });

    it('reads a flood of streams that end at once, in turns', async () => {
      const inflater = codec.createInflater(15);
      const flood = concat(Array.from({ length: 1000 }, () => hex('03 00')));

      assert.deepEqual(await inflateMessage(inflater, concat([flood, hex('f2 48 cd c9 c9 07 00')])), text('Hello'));
      inflater.close();
    });
  });
}
