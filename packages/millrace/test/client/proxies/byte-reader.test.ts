import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ByteReader } from '../../../src/client/proxies/byte-reader.ts';
import { splits } from '../../helpers/splits.ts';
import { Wire } from '../../server/wire.ts';

describe('ByteReader', () => {
  it('takes just what is wanted, however it is cut, and leaves the rest in the stream', async () => {
    for (const chunks of splits(Buffer.from('abcHEAD\r\n\r\nrest'))) {
      const wire = new Wire();
      const reader = new ByteReader(wire);
      wire.feed(...chunks);

      assert.equal(Buffer.from(await reader.take(3)).toString(), 'abc');
      assert.equal(Buffer.from(await reader.takeThrough('\r\n\r\n', 8)).toString(), 'HEAD\r\n\r\n');
      assert.equal((await reader.take(0)).length, 0);
      reader.release();

      let rest = '';
      wire.on('data', (chunk: Buffer) => (rest += chunk.toString()));
      wire.push(null);
      wire.resume();
      await new Promise((resolve) => wire.once('end', resolve));
      assert.equal(rest, 'rest');
      await wire.discard();
    }
  });

  it('refuses what has no end', async () => {
    for (const text of ['x'.repeat(9), 'xxxxxx\r\n\r\n']) {
      const wire = new Wire();
      const reader = new ByteReader(wire);
      wire.feed(text);

      await assert.rejects(reader.takeThrough('\r\n\r\n', 9), /too long/);
      reader.release();
      await wire.discard();
    }
  });

  it('fails where the stream ends or breaks, before and while somebody waits', async () => {
    for (const ending of [(wire: Wire) => void wire.push(null), (wire: Wire) => void wire.destroy(new Error('lost'))]) {
      const wire = new Wire();
      wire.on('error', () => undefined);
      const reader = new ByteReader(wire);
      const waiting = assert.rejects(reader.take(1), /lost|ended/);

      ending(wire);

      await waiting;
      await assert.rejects(reader.take(1), /lost|ended/);
      await wire.discard();
    }
  });
});
