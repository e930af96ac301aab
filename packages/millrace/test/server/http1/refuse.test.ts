import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { refuse } from '../../../src/server/http1/refuse.ts';
import { Wire } from '../wire.ts';

describe('refuse', () => {
  it('sends the response and ends', async () => {
    const wire = new Wire();

    refuse(wire, Buffer.from('no'));
    wire.push(null);
    await wire.gone();

    assert.equal(wire.written, 'no');
  });

  it('reads on where nobody was reading', async () => {
    const wire = new Wire();
    wire.pause();
    wire.feed('more');

    refuse(wire, Buffer.from('no'));
    wire.push(null);

    await wire.gone();
  });

  it('waits a second for the peer to end its side, and not longer', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const wire = new Wire();

    refuse(wire, Buffer.from('no'));
    t.mock.timers.tick(999);
    assert.equal(wire.destroyed, false);
    t.mock.timers.tick(1);

    await wire.gone();
  });

  it('reads 64 KiB, and not more', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const wire = new Wire();
    refuse(wire, Buffer.from('no'));

    wire.feed(Buffer.alloc(65_536));
    await new Promise(setImmediate);
    assert.equal(wire.destroyed, false);
    wire.feed('x');

    await wire.gone();
  });

  it('destroys what was ended or destroyed already', async () => {
    const ended = new Wire();
    ended.end('other');
    const destroyed = new Wire();
    destroyed.destroy();

    for (const wire of [ended, destroyed]) {
      refuse(wire, Buffer.from('no'));
      await wire.gone();
      assert.doesNotMatch(wire.written, /no/);
    }
  });
});
