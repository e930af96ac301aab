import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';

import {
  checkBag,
  checkBoolean,
  checkCallbackNames,
  checkFunction,
  checkLimit,
  checkNumber,
  checkObject,
  checkOptions,
  checkPort,
  checkString,
  checkSwitch,
  checkText,
  describeValue,
  invalidElement,
  invalidOption,
  omitNames,
  quote,
  quoteUrl,
  redactUrl,
  toList,
} from '../../../src/protocol/base/checks.ts';

type Check = (option: string, value: unknown) => unknown;

const CHECKS: [name: string, check: Check, valid: unknown[], invalid: unknown[]][] = [
  [
    'checkLimit',
    checkLimit,
    [0, 1, 2 ** 53 - 1, Infinity],
    [-1, 0.5, Number.NaN, -Infinity, 2 ** 53, '1', null, undefined, 1n],
  ],
  ['checkPort', checkPort, [undefined, 0, 65_535], [-1, 65_536, 1.5, Number.NaN, '80', null]],
  ['checkText', checkText, [undefined, 'a', ' '], ['', 'a\0', 1, null, {}]],
  ['checkSwitch', checkSwitch, [true, false], [undefined, null, 0, 'true']],
  ['checkBag', checkBag, [undefined, {}, []], [null, 1, 'a']],
  ['checkFunction', checkFunction, [undefined, () => 1], [null, 1, 'f', {}]],
  ['toList', toList, [[], ['a']], ['a', { length: 0 }, undefined, null, new Set()]],
];

for (const [name, check, valid, invalid] of CHECKS) {
  describe(name, () => {
    for (const value of valid) {
      it(`accepts ${inspect(value)}`, () => {
        assert.equal(check('some', value), value);
      });
    }
    for (const value of invalid) {
      it(`refuses ${inspect(value)}, naming option, value and what was expected`, () => {
        assert.throws(() => check('some', value), {
          name: 'LocalUsageError',
          message: /^option some is .+, expected .+/,
        });
      });
    }
  });
}

const ARGUMENTS: [check: (name: string, value: unknown) => void, valid: unknown[], invalid: unknown[], what: string][] =
  [
    [checkObject, [{}, []], [null, 'a', undefined], 'an object'],
    [checkBoolean, [true, false, undefined], [null, 0, 'true'], 'true or false'],
    [checkNumber, [0, NaN], [undefined, '1', 1n], 'a number'],
    [checkString, ['', 'a', undefined], [null, 1, {}], 'a string'],
  ];
for (const [check, valid, invalid, what] of ARGUMENTS) {
  describe(check.name, () => {
    it('takes what it says', () => {
      for (const value of valid) assert.doesNotThrow(() => check('reason', value));
    });

    for (const value of invalid) {
      it(`refuses ${inspect(value)}, and says what it expects`, () => {
        assert.throws(() => check('reason', value), {
          name: 'LocalUsageError',
          message: `reason is ${describeValue(value)}, expected ${what}`,
        });
      });
    }
  });
}

describe('checkOptions', () => {
  const NAMES = { handshakeTimeout: true, onConnect: true, tls: true } as const;

  it('takes known options, whatever they hold, and unknown ones that are undefined', () => {
    checkOptions('serve', { onConnect: undefined, tls: { anything: 1 }, other: undefined }, NAMES);
  });

  const unknown: [name: string, advice: string][] = [
    ['onconnect', '; did you mean "onConnect"?'],
    ['onConect', '; did you mean "onConnect"?'],
    ['handshakeTimout', '; did you mean "handshakeTimeout"?'],
    ['TLS', '; did you mean "tls"?'],
    ['perMessageDeflate', ''],
    ['__proto__x', ''],
    ['constructor', ''],
    ['toString', ''],
    ['x'.repeat(1000), ''],
  ];
  for (const [name, advice] of unknown) {
    it(`refuses ${name.slice(0, 20)}${advice}`, () => {
      assert.throws(() => checkOptions('serve', { [name]: 1 }, NAMES), {
        name: 'LocalUsageError',
        message: `serve has no option ${quote(name)}${advice}`,
      });
    });
  }

  for (const value of [undefined, null, 1, 'x', () => 1]) {
    it(`refuses ${inspect(value)} in place of options`, () => {
      assert.throws(() => checkOptions('serve', value, NAMES), {
        name: 'LocalUsageError',
        message: `argument options of serve is ${describeValue(value)}, expected an object`,
      });
    });
  }
});

describe('omitNames', () => {
  it('leaves names out', () => {
    assert.deepEqual(omitNames({ a: true, b: true }, ['a']), { b: true });
  });
});

describe('checkCallbackNames', () => {
  const NAMES = { open: true, message: true } as const;

  it('takes known callbacks, and members of a class of its own', () => {
    class Chat {
      rooms = 1;
      open(): void {}
    }

    checkCallbackNames('the handler', { message: () => undefined, open: undefined }, NAMES);
    checkCallbackNames('the handler', new Chat(), NAMES);
    checkCallbackNames('the handler', Object.assign(Object.create(null) as object, { open: () => undefined }), NAMES);
  });

  it('refuses others by name', () => {
    assert.throws(() => checkCallbackNames('the handler', { onMessage: () => undefined }, NAMES), {
      message: 'the handler has no callback "onMessage"; did you mean "message"?',
    });
  });

  it('refuses what is no function', () => {
    assert.throws(() => checkCallbackNames('the handler', { open: 1 }, NAMES), {
      message: 'callback open of the handler is 1, expected a function',
    });
  });
});

describe('describeValue', () => {
  const hostile = new Proxy(
    {},
    {
      get: () => {
        throw new Error('trap');
      },
    },
  );
  const rows: [value: unknown, text: string][] = [
    ['a\n', '"a\\n"'],
    [1, '1'],
    [2n, '2'],
    [null, 'null'],
    [undefined, 'undefined'],
    [{ secret: 1 }, 'an object'],
    [[1], 'an array'],
    [() => 1, 'a function'],
    [Map, 'a function'],
    [new Uint8Array(1), 'a Uint8Array'],
    [new Error('secret'), 'an Error'],
    [Promise.resolve(), 'a Promise'],
    [Symbol('x'), 'Symbol(x)'],
    [hostile, 'an object'],
    [{ [Symbol.toStringTag]: 'x'.repeat(100) }, `a ${'x'.repeat(32)}`],
  ];
  for (const [value, text] of rows) {
    it(`says ${text}`, () => {
      assert.equal(describeValue(value), text);
      assert.equal(invalidOption('x', value, 'y').message, `option x is ${text}, expected y`);
    });
  }
});

describe('quote', () => {
  it('escapes control characters', () => {
    assert.equal(quote('a\r\nb"'), String.raw`"a\r\nb\""`);
  });

  it('cuts what is longer than 100 characters', () => {
    assert.equal(quote('a'.repeat(101)), `"${'a'.repeat(100)}…"`);
  });
});

describe('redactUrl', () => {
  const rows: [what: string, url: string, redacted: string][] = [
    ['leaves a URL without secrets as it is', 'wss://example.com:8080/chat', 'wss://example.com:8080/chat'],
    ['leaves what is no URL as it is', 'example.com', 'example.com'],
    ['takes out user information', 'wss://user:secret@example.com/chat', 'wss://example.com/chat'],
    ['takes out a password with a slash and an @', 'wss://user:se/cr@et@example.com', 'wss://example.com'],
    ['takes out user information without a scheme', 'user:secret@example.com', '…@example.com'],
    ['takes out user information before slashes', 'user:secret@example.com//chat', '…@example.com//chat'],
    ['takes out a password with a question mark', 'wss://user:p?ss@example.com/', 'wss://example.com/'],
    ['takes out a password with a number sign', 'wss://user:p#ss@example.com/?a', 'wss://example.com/?…'],
    ['takes out user information with slashes', 'user:a//b@example.com', '…@example.com'],
    ['takes out the query', 'wss://example.com/?token=secret', 'wss://example.com/?…'],
    ['takes out the fragment', 'wss://example.com/#secret', 'wss://example.com/#…'],
    ['takes out query and fragment', 'wss://example.com/?secret#secret', 'wss://example.com/?…'],
    ['takes out a fragment with a question mark', 'wss://example.com/#secret?secret', 'wss://example.com/#…'],
    ['knows an @ in the query from user information', 'wss://example.com/?to=a@b', 'wss://example.com/?…'],
    ['takes out all of it at once', 'wss://user:secret@example.com/a?secret', 'wss://example.com/a?…'],
  ];
  for (const [what, url, redacted] of rows) {
    it(what, () => {
      assert.equal(redactUrl(url), redacted);
    });
  }
});

describe('quoteUrl', () => {
  it('quotes a URL without its secrets, given as text or as a URL', () => {
    const url = 'wss://user:secret@example.com/?secret';

    assert.equal(quoteUrl(url), '"wss://example.com/?…"');
    assert.equal(quoteUrl(new URL(url)), '"wss://example.com/?…"');
  });

  it('quotes whatever else was given for a URL', () => {
    assert.equal(quoteUrl(undefined), '"undefined"');
    assert.equal(quoteUrl('a\n'), String.raw`"a\n"`);
  });
});

describe('invalidElement', () => {
  it('names the option, the element and what was expected', () => {
    assert.equal(invalidElement('x', 'a', 'b').message, 'option x has "a", expected b');
  });
});
