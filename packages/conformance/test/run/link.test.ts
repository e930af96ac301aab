import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';

import { concatBytes, toHex } from '../../src/wire/bytes.ts';
import { connectRaw } from '../support/raw-peer.ts';

const TEXT = { opcode: 1, payload: { text: 'Hello' } };
const TEXT_BYTES = '81 05 48 65 6c 6c 6f';
const PING = Buffer.from('8980 00000000'.replaceAll(' ', ''), 'hex');
const PONG_BYTES = '8a 00';
const CLOSE = Buffer.from('8882 00000000 03e8'.replaceAll(' ', ''), 'hex');
const CLOSE_BYTES = '88 02 03 e8';

describe('a link', { timeout: 10_000 }, () => {
  it('answers a ping when the frame is complete that it sends in pieces', async () => {
    for (let at = 1; at < 7; at++) {
      const { link, peer, received, close } = await connectRaw('server');
      peer.once('data', () => peer.write(PING));

      const frames = concatBytes([link.encode(TEXT), link.encode(TEXT)]);
      await link.writeCut(frames, { at: [at], pause: 20 });
      while (received().length < 16) await once(peer, 'data');
      link.fin();
      await once(peer, 'end');

      close();
      assert.equal(toHex(received()), `${TEXT_BYTES} ${PONG_BYTES} ${TEXT_BYTES}`, `cut at ${String(at)}`);
      assert.deepEqual(link.events, []);
    }
  });

  it('answers a Close behind the frame that it sends in pieces, and sends nothing more', async () => {
    const { link, peer, received, close } = await connectRaw('server');
    peer.once('data', () => peer.write(CLOSE));

    const frames = concatBytes([link.encode(TEXT), link.encode(TEXT)]);
    await link.writeCut(frames, { every: 2, pause: 20 });
    await once(peer, 'end');

    close();
    assert.equal(toHex(received()), `${TEXT_BYTES} ${CLOSE_BYTES}`);
  });

  it('ends its side where it can answer no Close, inside a frame that never ends', async () => {
    const { link, peer, received, close } = await connectRaw('client');
    await link.write(link.encode({ opcode: 2, announce: 2n ** 63n - 1n, payload: { hex: '00' } }));
    const sent = link.log.entries.length;

    peer.write(Buffer.from('880203ea', 'hex'));
    await once(peer, 'end');

    close();
    assert.equal(received().length, 15);
    assert.equal(
      link.log.entries.slice(sent).some(({ from }) => from === 'suite'),
      false,
    );
  });

  it('does not answer a ping behind its Close', async () => {
    const { link, peer, received, close } = await connectRaw('server');
    await link.write(link.encode({ opcode: 8, payload: { hex: '03 e8' } }));

    peer.end(Buffer.concat([PING, CLOSE]));
    await once(peer, 'end');

    close();
    assert.equal(toHex(received()), CLOSE_BYTES);
  });

  it('tells pongs that answer from pongs that nobody asked for', async () => {
    const { link, peer, close } = await connectRaw('client');
    await link.write(link.encode({ opcode: 9, payload: { text: 'p' } }));
    await link.write(link.encode({ opcode: 10, payload: { text: 'q' } }));

    peer.end(Buffer.from('8a0170 8a0170 8a0171 8a0178'.replaceAll(' ', ''), 'hex'));
    await link.until(() => link.ended, 2000);

    close();
    const pongs = link.events.flatMap((event) => (event.kind === 'pong' ? [event] : []));
    assert.deepEqual(
      pongs.map(({ payload, wrong }) => [Buffer.from(payload).toString(), wrong]),
      [
        ['p', false],
        ['q', true],
      ],
    );
    assert.equal(link.outlet.pings.isNewestAnswered, true);
  });

  it('says how long the end of the TCP connection takes behind both Closes', async () => {
    const { link, peer, close } = await connectRaw('client');
    peer.write(Buffer.from('880203e8', 'hex'));
    await once(peer, 'data');
    assert.equal(link.closed, true);

    setTimeout(() => peer.end(), 150);
    await link.until(() => link.ended, 2000);

    close();
    assert.ok((link.closingTime ?? 0) > 0);
  });
});
