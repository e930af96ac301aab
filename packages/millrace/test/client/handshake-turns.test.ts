import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { HandshakeTurns, takeHandshakeTurn } from '../../src/client/handshake-turns.ts';
import { resolveClientOptions, type ClientOptions } from '../../src/client/options.ts';
import { turns as turnsOfLoop } from '../helpers/message-peers.ts';

const NEVER = new AbortController().signal;

/** Takes places, and tells when it has them. */
function taking(
  turns: HandshakeTurns,
  places: readonly string[],
  signal = NEVER,
): { release?: () => void; error?: unknown } {
  const state: { release?: () => void; error?: unknown } = {};
  turns.take(places, signal).then(
    (release) => (state.release = release),
    (error: unknown) => (state.error = error),
  );
  return state;
}

describe('HandshakeTurns', () => {
  it('gives a place to one after the other, in their order', async () => {
    const turns = new HandshakeTurns();
    const all = [1, 2, 3].map(() => taking(turns, ['a']));

    for (let index = 0; index < all.length; index++) {
      await turnsOfLoop();
      assert.deepEqual(
        all.map(({ release }) => release !== undefined),
        all.map((_, other) => other <= index),
      );
      all[index]?.release?.();
      all[index]?.release?.();
    }

    assert.equal(turns.size, 0);
  });

  it('waits for all places that a handshake may lead to, and for no others', async () => {
    const turns = new HandshakeTurns();
    const first = taking(turns, ['a', 'b', 'a']);
    const second = taking(turns, ['b', 'c']);
    const third = taking(turns, ['c']);
    const other = taking(turns, ['d']);
    await turnsOfLoop();
    // Behind the second, though nobody is at work there: otherwise, it might wait for ever.
    assert.deepEqual(
      [first, second, third, other].map(({ release }) => release !== undefined),
      [true, false, false, true],
    );

    first.release?.();
    await turnsOfLoop();
    assert.deepEqual(
      [second, third].map(({ release }) => release !== undefined),
      [true, false],
    );
    second.release?.();
    await turnsOfLoop();
    third.release?.();
    other.release?.();

    assert.equal(turns.size, 0);
  });

  it('lets somebody leave the line, with the reason, and those behind go on', async () => {
    const turns = new HandshakeTurns();
    const controller = new AbortController();
    const reason = new Error('enough');
    const first = taking(turns, ['a']);
    const second = taking(turns, ['a', 'b'], controller.signal);
    const third = taking(turns, ['b']);
    await turnsOfLoop();
    assert.equal('release' in third, false);

    controller.abort(reason);
    await turnsOfLoop();

    assert.equal(second.error, reason);
    assert.ok(third.release);
    first.release?.();
    third.release();
    assert.equal(turns.size, 0);
    await assert.rejects(turns.take(['a'], controller.signal), reason);
    assert.equal(turns.size, 0);
  });
});

describe('takeHandshakeTurn', () => {
  const waitFor = (url: string, options: ClientOptions = {}): Promise<{ release: () => void }> =>
    takeHandshakeTurn(new URL(url), resolveClientOptions(options));
  const aliases: ClientOptions['lookup'] = (_name, _options, callback) =>
    callback(null, [
      { address: '::1', family: 6 },
      { address: '127.0.0.1', family: 4 },
    ]);
  const old: ClientOptions['lookup'] = (_name, _options, callback) => callback(null, '127.0.0.1', 4);

  const SAME: [name: string, url: string, options: ClientOptions][] = [
    ['an address', 'ws://127.0.0.1:7001', {}],
    ['another path', 'ws://127.0.0.1:7001/other', {}],
    ['a name of it and of another', 'ws://alias.test:7001', { lookup: aliases }],
    ['a lookup that knows one', 'ws://alias.test:7001', { lookup: old }],
  ];
  for (const [name, url, options] of SAME) {
    it(`waits for a handshake with the same address, given as ${name}`, async () => {
      const first = await waitFor('ws://127.0.0.1:7001');
      let isThere = false;
      const second = waitFor(url, options).then((turn) => {
        isThere = true;
        return turn;
      });
      await turnsOfLoop(20);
      assert.equal(isThere, false);

      first.release();

      (await second).release();
    });
  }

  const OTHERS: [name: string, url: string, options: ClientOptions][] = [
    ['another port', 'ws://127.0.0.1:7002', {}],
    ['another address', 'ws://127.0.0.2:7001', {}],
    ['a proxy', 'ws://127.0.0.1:7001', { proxy: 'http://127.0.0.1:1' }],
    ['a Unix domain socket', 'ws://127.0.0.1:7001', { socketPath: '/tmp/x' }],
    [
      'a name that leads nowhere',
      'ws://alias.test:7001',
      { lookup: (_name, _options, callback) => callback(new Error('no'), '') },
    ],
    [
      'a lookup that throws',
      'ws://alias.test:7001',
      {
        lookup: () => {
          throw new Error('no');
        },
      },
    ],
    ['a lookup that never answers', 'ws://alias.test:7001', { lookup: () => undefined, handshakeTimeout: 20 }],
  ];
  for (const [name, url, options] of OTHERS) {
    it(`does not wait for it with ${name}`, async () => {
      const first = await waitFor('ws://127.0.0.1:7001');

      (await waitFor(url, options)).release();

      first.release();
    });
  }

  it('finds the same addresses again', async () => {
    let lookups = 0;
    const lookup: ClientOptions['lookup'] = (name, options, callback) => {
      lookups++;
      aliases(name, options, callback);
    };
    const turn = await takeHandshakeTurn(new URL('ws://alias.test:7001'), resolveClientOptions({ lookup }));

    const found: unknown[] = [];
    turn.lookup?.('alias.test', { all: true }, (_error, addresses) => found.push(addresses));
    turn.lookup?.('alias.test', {}, (_error, address, family) => found.push([address, family]));

    assert.deepEqual(found, [
      [
        { address: '::1', family: 6 },
        { address: '127.0.0.1', family: 4 },
      ],
      ['::1', 6],
    ]);
    assert.equal(lookups, 1);
    turn.release();
  });
});
