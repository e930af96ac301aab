import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';

import { LocalUsageError } from '../../../../src/protocol/base/errors.ts';
import { checkAllowedOrigins, checkOrigin, isAllowedOrigin } from '../../../../src/protocol/handshake/rules/origin.ts';

const SAME_ORIGIN: [origin: string | undefined, host: string, allowed: boolean][] = [
  // No browser, no origin.
  [undefined, 'example.com', true],
  // Host and port are equal; ports that http and https default to are the same, and so are the schemes.
  ['http://example.com', 'example.com', true],
  ['https://example.com', 'example.com', true],
  ['http://example.com:80', 'example.com', true],
  ['https://example.com:443', 'example.com', true],
  ['http://example.com', 'example.com:80', true],
  ['https://example.com', 'example.com:443', true],
  ['https://example.com', 'example.com:80', true],
  ['http://example.com', 'example.com:443', true],
  ['http://EXAMPLE.com', 'example.COM', true],
  ['HTTP://example.com', 'example.com', true],
  ['http://example.com:8080', 'example.com:8080', true],
  ['https://example.com:8080', 'example.com:8080', true],
  ['http://192.0.2.1', '192.0.2.1', true],
  ['http://192.0.2.1:81', '192.0.2.1:81', true],
  ['http://[2001:db8::1]', '[2001:db8::1]', true],
  ['http://[2001:db8::1]:81', '[2001:DB8::1]:81', true],
  // Another port.
  ['http://example.com:8080', 'example.com', false],
  ['http://example.com', 'example.com:8080', false],
  ['https://a:444', 'a', false],
  ['https://a:444', 'a:443', false],
  ['http://example.com:8080', 'example.com:8081', false],
  ['http://[2001:db8::1]:81', '[2001:db8::1]', false],
  // Another host, however it is made to look.
  ['http://evil.com', 'example.com', false],
  ['http://example.com.evil.com', 'example.com', false],
  ['http://evil-example.com', 'example.com', false],
  ['http://evilexample.com', 'example.com', false],
  ['http://www.example.com', 'example.com', false],
  ['http://example.com', 'www.example.com', false],
  ['http://example.co', 'example.com', false],
  ['http://example.com.', 'example.com', false],
  ['http://192.0.2.10', '192.0.2.1', false],
  ['http://[2001:db8::2]', '[2001:db8::1]', false],
  // Opaque, or no origin at all.
  ['null', 'example.com', false],
  ['null', 'null', false],
  ['NULL', 'example.com', false],
  ['', 'example.com', false],
  ['example.com', 'example.com', false],
  ['://example.com', 'example.com', false],
  ['//example.com', 'example.com', false],
  ['http://', 'example.com', false],
  ['http:example.com', 'example.com', false],
  ['http:/example.com', 'example.com', false],
  ['http://example.com/', 'example.com', false],
  ['http://example.com/path', 'example.com', false],
  ['http://example.com?x', 'example.com', false],
  ['http://example.com#x', 'example.com', false],
  ['http://user@example.com', 'example.com', false],
  ['http://example.com@evil.com', 'example.com', false],
  ['http://evil.com\\@example.com', 'example.com', false],
  ['http://evil.com#@example.com', 'example.com', false],
  ['http://example.com http://evil.com', 'example.com', false],
  ['http://example.com, http://evil.com', 'example.com', false],
  ['http://example.com:', 'example.com', true],
  ['http://example.com:65536', 'example.com:65536', false],
  ['http://ex\u00e4mple.com', 'ex\u00e4mple.com', false],
  [' http://example.com', 'example.com', false],
  // Schemes that are not the web's have origins of their own.
  ['ws://example.com', 'example.com', false],
  ['file://', 'example.com', false],
  ['file://example.com', 'example.com', false],
  ['chrome-extension://example.com', 'example.com', false],
  ['capacitor://localhost', 'localhost', false],
  // A loopback origin may reach a loopback host on any port.
  ['http://localhost:3000', 'localhost:9000', true],
  ['http://localhost:3000', '127.0.0.1:9000', true],
  ['https://127.0.0.1', 'localhost:9000', true],
  ['http://[::1]:3000', '127.0.0.1:9000', true],
  ['http://app.localhost:3000', '[::1]:9000', true],
  ['http://127.0.0.1.evil', '127.0.0.1', false],
  ['http://127.0.0.1.evil:3000', 'localhost:9000', false],
  ['http://localhost.evil', 'localhost', false],
  ['http://evil.com', 'localhost:9000', false],
  ['http://localhost:3000', 'example.com', false],
  ['http://localhost:3000', '192.0.2.1', false],
  ['null', 'localhost', false],
];

const LIST = ['https://allowed.com', 'http://local.example:3000', 'HTTPS://Mixed.example:443', 'app://bundle'];

const LISTED: [origin: string | undefined, allowed: boolean][] = [
  [undefined, true],
  ['https://allowed.com', true],
  ['https://allowed.com:443', true],
  ['https://ALLOWED.com', true],
  ['https://mixed.example', true],
  ['http://local.example:3000', true],
  ['app://bundle', true],
  ['http://allowed.com', false],
  ['https://allowed.com:444', false],
  ['https://allowed.com:80', false],
  ['https://allowed.evil.com', false],
  ['https://evil-allowed.com', false],
  ['https://allowed.com.evil.com', false],
  ['https://sub.allowed.com', false],
  ['http://local.example', false],
  ['https://local.example:3000', false],
  ['app://other', false],
  ['null', false],
  ['garbage', false],
  // The host that is asked for is not in the list.
  ['http://example.com', false],
];

describe('isAllowedOrigin', () => {
  for (const [origin, host, allowed] of SAME_ORIGIN) {
    it(`V028: by default ${allowed ? 'lets' : 'keeps'} ${String(origin)} ${allowed ? 'reach' : 'from'} ${host}`, () => {
      assert.equal(isAllowedOrigin(origin, host, 'same-origin'), allowed);
    });
  }

  for (const [origin, allowed] of LISTED) {
    it(`V028: with a list ${allowed ? 'accepts' : 'refuses'} ${String(origin)}`, () => {
      assert.equal(isAllowedOrigin(origin, 'example.com', LIST), allowed);
    });
  }

  const patterns: [entry: string, origin: string, allowed: boolean][] = [
    ['https://*.example.com', 'https://a.example.com', true],
    ['https://*.example.com', 'https://a.b.EXAMPLE.com:443', true],
    ['https://*.example.com', 'https://example.com', false],
    ['https://*.example.com', 'https://.example.com', false],
    ['https://*.example.com', 'https://evilexample.com', false],
    ['https://*.example.com', 'https://a.example.com.evil.com', false],
    ['https://*.example.com', 'http://a.example.com', false],
    ['https://*.example.com:8443', 'https://a.example.com:8443', true],
    ['https://*.example.com:8443', 'https://a.example.com', false],
    ['file://', 'file://', true],
    ['file://', 'file:///etc', false],
    ['file://', 'app://', false],
    ['app://.', 'app://.', true],
    ['capacitor://localhost', 'capacitor://localhost', true],
    ['chrome-extension://abcdefghijklmnop', 'chrome-extension://abcdefghijklmnop', true],
    ['chrome-extension://abcdefghijklmnop', 'chrome-extension://ponmlkjihgfedcba', false],
    ['https://a', 'https://', false],
  ];
  for (const [entry, origin, allowed] of patterns) {
    it(`V028: ${entry} ${allowed ? 'lets' : 'does not let'} ${origin} in`, () => {
      assert.equal(isAllowedOrigin(origin, 'example.com', checkAllowedOrigins([entry])), allowed);
    });
  }

  it('V028: keeps origins without a host from what is of the same origin', () => {
    for (const origin of ['file://', 'app://']) assert.equal(isAllowedOrigin(origin, 'a', 'same-origin'), false);
  });

  it('asks a function, and takes nothing but true for an answer', () => {
    const asked: string[][] = [];
    const judge = (...args: string[]): boolean => {
      asked.push(args);
      return args[0] === 'https://a';
    };

    assert.equal(isAllowedOrigin('https://a', 'host', judge), true);
    assert.equal(isAllowedOrigin('https://b', 'host', judge), false);
    assert.equal(isAllowedOrigin(undefined, 'host', judge), true);
    assert.equal(
      isAllowedOrigin('https://a', 'host', () => Promise.resolve(false) as never),
      false,
    );
    assert.deepEqual(asked, [
      ['https://a', 'host'],
      ['https://b', 'host'],
    ]);
    assert.equal(checkAllowedOrigins(judge), judge);
  });

  it('accepts the opaque origin if the list has it', () => {
    assert.equal(isAllowedOrigin('null', 'example.com', ['null']), true);
  });

  for (const origin of ['http://evil.com', 'null', 'garbage', undefined]) {
    it(`accepts ${String(origin)} where any origin may`, () => {
      assert.equal(isAllowedOrigin(origin, 'example.com', '*'), true);
    });
  }

  it('says no where the host is not one', () => {
    assert.equal(isAllowedOrigin('http://a', 'a b', 'same-origin'), false);
  });
});

describe('checkAllowedOrigins', () => {
  for (const value of ['same-origin', '*'] as const) {
    it(`accepts ${value}`, () => {
      assert.equal(checkAllowedOrigins(value), value);
    });
  }

  it('copies and freezes a list', () => {
    const list = ['https://example.com', 'null'];

    const checked = checkAllowedOrigins(list);

    assert.deepEqual(checked, list);
    assert.notEqual(checked, list);
    assert.ok(Object.isFrozen(checked));
  });

  const invalid = ['https://example.com', 42, null, {}];
  for (const value of invalid) {
    it(`refuses ${JSON.stringify(value)}, which is no list`, () => {
      assert.throws(() => checkAllowedOrigins(value), { name: 'LocalUsageError', message: /allowedOrigins/ });
    });
  }

  for (const entry of [
    'example.com',
    'https://example.com/',
    'https://*',
    'https://*.',
    'https://a.*.com',
    'https://*a.com',
    'https://',
    'file:///etc',
    '',
    1,
    'same-origin',
    '*',
  ]) {
    it(`refuses the entry ${JSON.stringify(entry)}`, () => {
      assert.throws(
        () => checkAllowedOrigins(['https://a', entry]),
        (error) => error instanceof LocalUsageError && error.message.includes(String(entry)),
      );
    });
  }
});

describe('checkOrigin', () => {
  it('accepts what can stand in a header', () => {
    assert.equal(checkOrigin('https://example.com'), 'https://example.com');
  });

  for (const value of ['', 'a\r\nb', '\u0100', 1, undefined]) {
    it(`refuses ${inspect(value)}`, () => {
      assert.throws(() => checkOrigin(value), { name: 'LocalUsageError', message: /^option origin is / });
    });
  }
});
