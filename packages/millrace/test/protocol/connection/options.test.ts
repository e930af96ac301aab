import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { checkLifetime, resolveConnectionOptions, withLifetime } from '../../../src/protocol/connection/options.ts';
import { ClaimTable } from '../../../src/protocol/extension/claims.ts';
import type { Extension } from '../../../src/protocol/extension/extension.ts';

const DEFAULTS = {
  maxMessageSize: 16_777_216,
  maxFrameSize: 16_777_216,
  maxStreamedMessageSize: Infinity,
  closeTimeout: 10_000,
  highWaterMark: 65_536,
  maxBufferedAmount: 16_777_216,
  readAhead: 65_536,
  receiveRate: undefined,
  minReceiveRate: 0,
  maxLifetime: Infinity,
  idleTimeout: Infinity,
  fragmentSize: 1_048_576,
  keepAlive: { interval: 20_000, timeout: 20_000, midFrameTimeout: 120_000 },
  extensionPoints: {},
  extensions: [],
  claims: new ClaimTable(),
  lendPayload: false,
};

const AMOUNTS = [
  'maxMessageSize',
  'maxFrameSize',
  'maxStreamedMessageSize',
  'closeTimeout',
  'highWaterMark',
  'maxBufferedAmount',
  'readAhead',
  'fragmentSize',
] as const;

/** What no amount can be. */
const NO_AMOUNTS: unknown[] = [-1, 0.5, NaN, -Infinity, 2 ** 53, '1e9', 10n, {}, true, [1]];

/** An extension that agrees on nothing. */
function extensionOf(name: string): Extension {
  return {
    name,
    createOffers: () => [[]],
    answerOffer: () => undefined,
    acceptAnswer: () => assert.fail('there is no answer'),
  };
}

function refuses(options: Record<string, unknown>, message: RegExp | string): void {
  assert.throws(() => resolveConnectionOptions(options), { name: 'LocalUsageError', message });
}

describe('resolveConnectionOptions', () => {
  it('has safe defaults, with nothing given or undefined given', () => {
    const empty = Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, undefined]));

    for (const options of [undefined, {}, empty]) {
      assert.deepEqual(resolveConnectionOptions(options), DEFAULTS);
    }
  });

  for (const name of AMOUNTS) {
    it(`takes ${name}, from its least value to Infinity`, () => {
      // The one goes with the other.
      const others = name === 'maxBufferedAmount' ? { highWaterMark: 0 } : { maxBufferedAmount: Infinity };
      for (const amount of [name === 'fragmentSize' ? 1 : 0, 1, 2 ** 53 - 1, Infinity]) {
        const options = { ...others, [name]: amount };

        assert.deepEqual(resolveConnectionOptions(options), { ...DEFAULTS, ...options });
      }
    });

    it(`refuses ${name} that is none`, () => {
      for (const amount of NO_AMOUNTS) {
        refuses({ [name]: amount }, new RegExp(`^option ${name} is .*, expected a non-negative integer or Infinity$`));
      }
    });
  }

  it('refuses a maxBufferedAmount below 2 × highWaterMark', () => {
    assert.equal(resolveConnectionOptions({ maxBufferedAmount: 131_072 }).maxBufferedAmount, 131_072);
    refuses(
      { maxBufferedAmount: 131_071 },
      'option maxBufferedAmount is 131071, expected at least 2 × highWaterMark, 65536',
    );
    refuses(
      { highWaterMark: 8_388_609 },
      'option maxBufferedAmount is 16777216, expected at least 2 × highWaterMark, 8388609',
    );
  });

  it('refuses a fragmentSize of 0', () => {
    refuses({ fragmentSize: 0 }, 'option fragmentSize is 0, expected a positive integer or Infinity');
  });

  it('quotes a string that it refuses', () => {
    refuses({ closeTimeout: '10s' }, 'option closeTimeout is "10s", expected a non-negative integer or Infinity');
  });

  describe('keepAlive', () => {
    it('is off, or has what it is given', () => {
      assert.equal(resolveConnectionOptions({ keepAlive: false }).keepAlive, false);
      assert.deepEqual(resolveConnectionOptions({ keepAlive: { timeout: 5, interval: undefined } }).keepAlive, {
        ...DEFAULTS.keepAlive,
        timeout: 5,
      });
    });

    for (const name of ['interval', 'timeout', 'midFrameTimeout']) {
      it(`refuses a time for ${name} that is none`, () => {
        for (const time of [0, ...NO_AMOUNTS]) {
          refuses({ keepAlive: { [name]: time } }, new RegExp(`^option keepAlive\\.${name} is `));
        }
      });
    }

    it('refuses what is neither an object nor false', () => {
      for (const value of [true, null, 20, '20']) refuses({ keepAlive: value }, /^option keepAlive is .* or false$/);
    });
  });

  it('checks extensionPoints', () => {
    const extensionPoints = { reservedBits: 0b110, dataOpcodes: [3], controlOpcodes: [0xb] };

    assert.deepEqual(resolveConnectionOptions({ extensionPoints }).extensionPoints, extensionPoints);
    refuses({ extensionPoints: { reservedBits: 9 } }, /reserved bits 9/);
    refuses({ extensionPoints: { dataOpcodes: [1] } }, /opcode 1/);
  });

  describe('extensions', () => {
    it('keeps them in their order, in a list of its own that cannot be changed', () => {
      const extensions = [extensionOf('b'), extensionOf("a!#$%&'*+-.^_`|~9")];

      const resolved = resolveConnectionOptions({ extensions });

      assert.deepEqual(resolved.extensions, extensions);
      assert.notEqual(resolved.extensions, extensions);
      assert.ok(Object.isFrozen(resolved.extensions));
    });

    it('refuses what is no array', () => {
      for (const value of [null, 'deflate', extensionOf('a'), { length: 0 }]) {
        refuses({ extensions: value }, /^option extensions is .*, expected an array$/s);
      }
    });

    it('refuses what is no extension, or lacks a method', () => {
      const methods = /expected objects with createOffers, answerOffer, acceptAnswer$/;
      for (const value of [undefined, null, 'deflate', () => undefined]) refuses({ extensions: [value] }, methods);
      for (const method of ['createOffers', 'answerOffer', 'acceptAnswer']) {
        refuses({ extensions: [extensionOf('a'), { ...extensionOf('b'), [method]: 'none' }] }, methods);
      }
    });

    it('refuses names that are no tokens', () => {
      for (const name of ['', 'a b', 'a;b', 'a,b', '"a"', 'é', 5, undefined]) {
        refuses({ extensions: [{ ...extensionOf('a'), name }] }, /expected extensions whose names are tokens$/);
      }
    });

    it('refuses two of the same name', () => {
      const extensions = [extensionOf('a'), extensionOf('b'), extensionOf('a')];

      refuses({ extensions }, 'option extensions is "a", expected each extension once');
    });
  });

  it('checks lendPayload', () => {
    for (const lendPayload of [true, false, 'debug'] as const) {
      assert.equal(resolveConnectionOptions({ lendPayload }).lendPayload, lendPayload);
    }
    for (const value of ['yes', 1, null]) refuses({ lendPayload: value }, /^option lendPayload is .* or 'debug'$/);
  });

  it('gives options that cannot be changed, and does not touch its argument', () => {
    const options = Object.freeze({ keepAlive: Object.freeze({ interval: 5 }), maxFrameSize: 3 });

    const resolved = resolveConnectionOptions(options);

    assert.ok(Object.isFrozen(resolved));
    assert.ok(Object.isFrozen(resolved.keepAlive));
    assert.ok(Object.isFrozen(resolved.extensionPoints));
  });

  it('fills in the rates that are missing, and takes none for no limit', () => {
    const all = { messages: 1, bytes: 2, frames: 3, burst: 4, onExcess: 'refuse' } as const;
    assert.deepEqual(resolveConnectionOptions({ receiveRate: all }).receiveRate, all);
    assert.deepEqual(resolveConnectionOptions({ receiveRate: { bytes: 5 } }).receiveRate, {
      messages: Infinity,
      bytes: 5,
      frames: Infinity,
      burst: 1000,
      onExcess: 'wait',
    });
    for (const receiveRate of [undefined, {}, { bytes: Infinity, onExcess: 'refuse' as const }]) {
      assert.equal(resolveConnectionOptions({ receiveRate }).receiveRate, undefined);
    }
  });

  it('refuses rates and lifetimes that are none', () => {
    for (const name of ['messages', 'bytes', 'frames', 'burst']) {
      for (const value of [0, -1, 1.5, NaN, '1']) {
        refuses({ receiveRate: { [name]: value } }, new RegExp(`option receiveRate\\.${name} is`));
      }
    }
    refuses({ receiveRate: { burst: Infinity } }, /option receiveRate\.burst is Infinity/);
    refuses(
      { receiveRate: { onExcess: 'drop' } },
      /option receiveRate\.onExcess is "drop", expected 'wait' or 'refuse'/,
    );
    refuses({ receiveRate: { message: 1 } }, /receiveRate has no option "message"; did you mean "messages"/);
    refuses({ receiveRate: 5 }, /option receiveRate is 5/);
    refuses({ receiveRate: null }, /option receiveRate is null/);
    for (const name of ['maxLifetime', 'idleTimeout']) {
      for (const value of [0, -1, 0.5, '1']) refuses({ [name]: value }, new RegExp(`option ${name} is`));
    }
    for (const value of [-1, Infinity, '1']) refuses({ minReceiveRate: value }, /option minReceiveRate is/);
  });
});

describe('the lifetime of one connection', () => {
  it('is a positive integer, Infinity, or that of the options', () => {
    for (const maxLifetime of [undefined, 1, 2 ** 53 - 1, Infinity])
      assert.equal(checkLifetime(maxLifetime), maxLifetime);
  });

  it('is refused where it is none', () => {
    for (const value of [0, ...NO_AMOUNTS]) {
      // @ts-expect-error it may come from JavaScript
      assert.throws(() => checkLifetime(value), { name: 'LocalUsageError', message: /^option maxLifetime is / });
    }
  });

  it('replaces that of the options, which stay as they are', () => {
    const options = resolveConnectionOptions({ maxLifetime: 5000, idleTimeout: 100 });

    const changed = withLifetime(options, 70);

    assert.deepEqual(changed, { ...options, maxLifetime: 70 });
    assert.ok(Object.isFrozen(changed));
    assert.equal(options.maxLifetime, 5000);
    assert.equal(withLifetime(options, undefined), options);
  });
});
