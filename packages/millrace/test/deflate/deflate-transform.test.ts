import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import zlib from 'node:zlib';

import type { CompressionOptions } from '../../src/deflate/options.ts';
import type { ExtensionSession } from '../../src/protocol/extension/extension.ts';
import type { SendTransform } from '../../src/protocol/base/transform.ts';
import { concat, hex, toHex } from '../helpers/bytes.ts';
import {
  CODECS,
  createEnds,
  createExtension,
  parameters,
  pullAll,
  receive,
  send,
  sendTransform,
  type Ends,
} from '../helpers/deflate.ts';
import { createRandom, randomBytes } from '../helpers/random.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

const text = (content: string): Uint8Array => new TextEncoder().encode(content);

const { signal } = new AbortController();

/** Bytes that compress to about a third. */
function someData(size: number, seed: number): Uint8Array<ArrayBuffer> {
  const random = createRandom(seed);
  return Uint8Array.from({ length: size }, (_, index) => (index % 4 === 0 ? random(64) : index % 50));
}

function sending({ send: transform }: ExtensionSession): SendTransform {
  return sendTransform(transform);
}

/** Begins a message as a stream. */
function beginStream(session: ExtensionSession): SendTransform {
  const transform = sending(session);
  assert.equal(transform.begin({ opcode: 2, reservedBits: 0, compress: true, length: undefined }), 0b100);
  return transform;
}

/** A peer that is zlib's own: inflates messages with all their history. */
class ZlibPeer {
  readonly #payloads: Uint8Array[] = [];
  readonly #windowBits: number;
  #size = 0;

  constructor(windowBits: number) {
    this.#windowBits = windowBits;
  }

  receive(payload: Uint8Array): Uint8Array {
    this.#payloads.push(payload, hex('00 00 ff ff'));
    const stream = concat([...this.#payloads, hex('01 00 00 ff ff')]);
    const all = zlib.inflateRawSync(stream, { windowBits: this.#windowBits });
    const message = new Uint8Array(all.subarray(this.#size));
    this.#size = all.length;
    return message;
  }
}

async function sendShared(session: ExtensionSession, payload: Uint8Array): Promise<Uint8Array> {
  const { shared } = sending(session);
  assert.ok(shared !== undefined);
  const transformed = await shared.transform(payload);
  shared.onSent();
  return transformed;
}

for (const { name, codec } of CODECS) {
  const ends = (options: CompressionOptions = {}): Ends => createEnds(codec, options);

  describe(`DeflateTransform with ${name}`, () => {
    it('sends the messages of RFC 7692 §7.2.3.1', async () => {
      const { client } = ends();

      assert.equal(toHex(await send(client, text('Hello'))), 'f2 48 cd c9 c9 07 00');
    });

    it('sends one byte for a message without a payload (§7.2.3.6), whole or begun and ended, and keeps its history', async () => {
      const { client, server } = ends();

      for (let count = 0; count < 3; count++) {
        assert.equal(toHex(await send(client, new Uint8Array(0))), '00');
        assert.equal(toHex(await send(client, new Uint8Array(0), { length: undefined })), '00');
        assert.deepEqual(await receive(server, await send(client, text('something'))), text('something'));
      }
    });

    it('gives the one byte 00 at the end of a stream that was flushed (§7.2.3.6)', async () => {
      const { client, server } = ends();
      const transform = beginStream(client);
      transform.push(text('Hello'));
      transform.flush();
      const first = concat(await pullAll(transform));
      transform.flush();
      assert.deepEqual(await pullAll(transform), []);
      transform.end();
      const second = concat(await pullAll(transform));

      assert.equal(toHex(first), 'f2 48 cd c9 c9 07 00 00 00 ff ff');
      assert.equal(toHex(second), '00');
      assert.deepEqual(await receive(server, first, second), text('Hello'));
      assert.deepEqual(await receive(server, await send(client, text('Hello'))), text('Hello'));
    });

    it('gives a stream piece by piece: what was flushed is of use to the peer at once', async () => {
      const { client, server } = ends();
      const transform = beginStream(client);
      const inbound = server.receive;
      assert.ok(inbound !== undefined);
      inbound.begin({ opcode: 2, reservedBits: 0b100 });

      for (let count = 0; count < 20; count++) {
        const data = someData(1 + count * 500, count + 1);
        transform.push(data.slice(0, 1));
        if (data.length > 1) transform.push(data.slice(1));
        transform.flush();
        const arrived: Uint8Array[] = [];
        for (const piece of await pullAll(transform)) {
          inbound.push(piece);
          arrived.push(...(await pullAll(inbound)));
        }
        assert.deepEqual(concat(arrived), data);
      }
      transform.push(text('the end'));
      transform.end();
      for (const piece of await pullAll(transform)) inbound.push(piece);
      inbound.end();

      assert.deepEqual(concat(await pullAll(inbound)), text('the end'));
    });

    it('keeps back what was not flushed, for better output', async () => {
      const { client } = ends();
      const transform = beginStream(client);

      transform.push(text('Hello'));

      assert.deepEqual(await pullAll(transform), []);
      transform.end();
      assert.equal(toHex(concat(await pullAll(transform))), 'f2 48 cd c9 c9 07 00');
    });

    it('makes the same of a message whether it is pulled before its end or not', async () => {
      const data = someData(300 * KIB, 2);
      const wires: Uint8Array[] = [];
      for (const isPulledBefore of [true, false]) {
        const transform = beginStream(ends().client);
        transform.push(data);
        const pieces = isPulledBefore ? await pullAll(transform) : [];
        transform.end();
        pieces.push(...(await pullAll(transform)));
        assert.ok(pieces.every(({ length }) => length > 0 && length <= 64 * KIB));
        wires.push(concat(pieces));
      }

      assert.deepEqual(await receive(ends().server, wires[0]!), data);
      assert.deepEqual(await receive(ends().server, wires[1]!), data);
    });

    const SIZES = [1, 5, 63, 64, 65, 4096, 6144, 6145, 16_384, 65_530, 65_531, 65_536, 65_540, 131_072, 700_000];
    for (const options of [{}, { serverNoContextTakeover: true, clientNoContextTakeover: true }]) {
      it(`brings messages of all sizes there and back, having ${JSON.stringify(options)}`, async () => {
        const { client, server } = ends(options);
        for (const [index, size] of SIZES.entries()) {
          const [from, to] = index % 2 === 0 ? [client, server] : [server, client];
          for (const data of [someData(size, size), randomBytes(Math.min(size, 200_000), size), new Uint8Array(size)]) {
            assert.ok(Buffer.from(await receive(to, await send(from, data))).equals(data));
          }
        }
        client.close?.();
        server.close?.();
      });
    }

    it('brings a message of 8 MiB there and back', async () => {
      const { client, server } = ends({ level: 1 });
      const data = concat(Array.from({ length: 128 }, () => someData(64 * KIB, 1)));

      assert.ok(Buffer.from(await receive(server, await send(client, data))).equals(data));
      client.close?.();
      server.close?.();
    });

    it('compresses what the application asks for, and by default what reaches the threshold', () => {
      const { client } = ends({ threshold: 100 });
      const transform = sending(client);
      const rows: [compress: boolean | undefined, length: number | undefined, isCompressed: boolean][] = [
        [undefined, 0, false],
        [undefined, 99, false],
        [undefined, 100, true],
        [undefined, undefined, true],
        [true, 0, true],
        [true, 99, true],
        [true, undefined, true],
        [false, 100, false],
        [false, undefined, false],
      ];

      for (const [compress, length, isCompressed] of rows) {
        const bits = transform.begin({ opcode: 1, reservedBits: 0, compress, length });
        assert.equal(bits, isCompressed ? 0b100 : undefined, JSON.stringify({ compress, length }));
      }
    });

    it('has a threshold of 64 bytes, and 512 where a message has no history', () => {
      const compresses = ({ client }: Ends, length: number): boolean =>
        sending(client).begin({ opcode: 1, reservedBits: 0, compress: undefined, length }) !== undefined;
      const alone = ends({ clientNoContextTakeover: true });

      assert.deepEqual([compresses(ends(), 63), compresses(ends(), 64)], [false, true]);
      assert.deepEqual([compresses(alone, 511), compresses(alone, 512)], [false, true]);
    });

    it('V022: sends all messages as they are to a server that wants a window of 8', async () => {
      const { extension, contexts } = createExtension(codec);
      const session = extension.acceptAnswer(parameters('client_max_window_bits=8')).createSession();

      assert.equal(session.send, undefined);
      assert.equal((await receive(session, hex('f2 48 cd c9 c9 07 00'))).length, 5);
      session.close?.();
      assert.equal(contexts.size, 0);
    });

    it('refers back to messages before from the third on, and never where that was not agreed on', async () => {
      const { client, server } = ends();
      const data = someData(500, 3);
      const sizes: number[] = [];
      for (let count = 0; count < 4; count++) sizes.push((await send(client, data)).length);
      const alone: number[] = [];
      const { server: second } = ends({ serverNoContextTakeover: true });
      for (let count = 0; count < 4; count++) alone.push((await send(second, data)).length);

      const [whole = 0] = sizes;
      assert.equal(sizes[1], whole);
      assert.ok(sizes[2]! < whole / 4 && sizes[3]! < whole / 4);
      assert.deepEqual(alone, [whole, whole, whole, whole]);
      server.close?.();
    });

    for (const windowBits of [9, 10, 11, 12, 13, 14, 15]) {
      for (const isAlone of [false, true]) {
        const how = isAlone ? 'without history' : 'with history';
        it(`sends prepared and ordinary messages in turn, ${how}, with a window of ${String(windowBits)}`, async () => {
          const { server } = ends({ serverMaxWindowBits: windowBits, serverNoContextTakeover: isAlone });
          const peer = new ZlibPeer(windowBits);
          const prepared = someData(1500, 5);

          for (let count = 0; count < 12; count++) {
            const isPrepared = count % 3 === 2 || count === 6;
            const data = isPrepared ? prepared : someData(700, 1 + (count % 2));
            const wire = isPrepared ? await sendShared(server, data) : await send(server, data);

            assert.deepEqual(peer.receive(wire), data);
          }
          server.close?.();
        });
      }
    }

    it('prepares messages once for all connections with the same parameters', async () => {
      const { extension } = createExtension(codec);
      const [a, b, c] = ['', '', 'server_max_window_bits=10'].map((offer) =>
        extension.answerOffer(parameters(offer))?.createSession(),
      );
      const keys = [a, b, c].map((session) => session?.send?.shared?.key);

      assert.equal(keys[0], keys[1]);
      assert.notEqual(keys[0], keys[2]);
      assert.notEqual(keys[0], sending(ends({ level: 1 }).server).shared?.key);
      assert.notEqual(keys[0], sending(ends({ memLevel: 1 }).server).shared?.key);
    });

    it('prepares payloads of all sizes, an empty one too', async () => {
      for (const size of [0, 1, 1000, 100_000, 500_000]) {
        const { server, contexts } = ends();
        const data = someData(size, 6);

        assert.deepEqual(new ZlibPeer(13).receive(await sendShared(server, data)), data);
        server.close?.();
        contexts.sweep();
        contexts.sweep();
        assert.equal(contexts.size, 0);
      }
    });

    it('fails to prepare a payload that is taken away meanwhile, and frees its context', async () => {
      const { server, contexts } = ends();
      const data = someData(500_000, 9);
      const preparing = sending(server).shared?.transform(data);
      structuredClone(data.buffer, { transfer: [data.buffer] });

      await assert.rejects(async () => preparing, /taken away/);
      server.close?.();
      contexts.sweep();
      contexts.sweep();
      assert.equal(contexts.size, 0);
    });

    it('gives nothing more when the connection ends while a piece is promised', async () => {
      const { client, contexts } = ends();
      const transform = beginStream(client);
      transform.push(someData(MIB, 7));
      transform.end();

      const promised = transform.pull(signal);
      assert.ok(promised instanceof Promise);
      client.close?.();

      assert.equal(await promised, undefined);
      assert.equal(await transform.pull(signal), undefined);
      assert.equal(contexts.size, 0);
    });

    it('fails when a payload is taken away meanwhile, and frees its context', async () => {
      const { client, contexts } = ends();
      const transform = beginStream(client);
      const data = someData(1000, 8);
      transform.push(data);
      structuredClone(data.buffer, { transfer: [data.buffer] });

      await assert.rejects(pullAll(transform), /taken away/);
      assert.equal(contexts.size, 0);
    });
  });
}
