import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { needsNoProxy, proxyFromEnvironment, type Environment } from '../../../src/client/proxies/environment.ts';

const WS = { host: 'example.com', port: 80, encrypted: false };
const WSS = { host: 'example.com', port: 443, encrypted: true };

const CHOICES: [name: string, environment: Environment, ws: string | undefined, wss: string | undefined][] = [
  ['nothing', {}, undefined, undefined],
  ['http_proxy', { http_proxy: 'http://p:1' }, 'p', undefined],
  ['HTTP_PROXY', { HTTP_PROXY: 'http://p:1' }, 'p', undefined],
  ['HTTP_PROXY under CGI', { HTTP_PROXY: 'http://p:1', REQUEST_METHOD: 'GET' }, undefined, undefined],
  ['http_proxy under CGI', { http_proxy: 'http://p:1', REQUEST_METHOD: 'GET' }, 'p', undefined],
  ['https_proxy', { https_proxy: 'http://p:1' }, undefined, 'p'],
  ['HTTPS_PROXY', { HTTPS_PROXY: 'http://p:1' }, undefined, 'p'],
  ['all_proxy', { all_proxy: 'socks5://p' }, 'p', 'p'],
  ['ALL_PROXY', { ALL_PROXY: 'socks5h://p' }, 'p', 'p'],
  ['lower case before upper case', { https_proxy: 'http://p', HTTPS_PROXY: 'http://q' }, undefined, 'p'],
  ['the one of the scheme before that for all', { http_proxy: 'http://p', all_proxy: 'http://q' }, 'p', 'q'],
  ['an empty one', { http_proxy: '', all_proxy: 'http://q' }, 'q', 'q'],
  ['one without a scheme', { http_proxy: 'p:3128' }, 'p', undefined],
  ['no_proxy', { all_proxy: 'http://p', no_proxy: 'example.com' }, undefined, undefined],
  ['NO_PROXY', { all_proxy: 'http://p', NO_PROXY: 'other, .example.com' }, undefined, undefined],
  ['no_proxy before NO_PROXY', { all_proxy: 'http://p', no_proxy: 'other', NO_PROXY: '*' }, 'p', 'p'],
];

const NO_PROXY: [entry: string, host: string, port: number, expected: boolean][] = [
  ['*', 'a', 1, true],
  ['', 'a', 1, false],
  [' , ', 'a', 1, false],
  ['example.com', 'example.com', 1, true],
  ['example.com', 'EXAMPLE.COM.', 1, true],
  ['example.com', 'a.example.com', 1, true],
  ['example.com', 'badexample.com', 1, false],
  ['.example.com', 'a.b.example.com', 1, true],
  ['.example.com', 'example.com', 1, true],
  ['*.example.com', 'a.example.com', 1, true],
  ['example.com:443', 'example.com', 443, true],
  ['example.com:443', 'example.com', 80, false],
  ['a b,c', 'b', 1, true],
  ['127.0.0.1', '127.0.0.1', 1, true],
  ['127.0.0.1:80', '127.0.0.1', 80, true],
  ['127.0.0.1:80', '127.0.0.1', 81, false],
  ['10.0.0.0/8', '10.1.2.3', 1, true],
  ['10.0.0.0/8', '11.1.2.3', 1, false],
  ['10.0.0.0/8', 'ten.example', 1, false],
  ['::1', '::1', 1, true],
  ['[::1]', '::1', 1, true],
  ['[::1]:80', '::1', 80, true],
  ['[::1]:80', '::1', 81, false],
  ['fd00::/8', 'fd12::1', 1, true],
  ['.', 'a', 1, false],
];

describe('proxyFromEnvironment', () => {
  for (const [name, environment, ws, wss] of CHOICES) {
    it(`with ${name}`, () => {
      assert.equal(proxyFromEnvironment(WS, environment)?.host, ws);
      assert.equal(proxyFromEnvironment(WSS, environment)?.host, wss);
    });
  }

  it('names a variable that holds no proxy, without its secrets', () => {
    assert.throws(
      () => proxyFromEnvironment(WSS, { https_proxy: 'ftp://user:secret@p' }),
      (error) => {
        assert.ok(error instanceof Error);
        assert.match(error.message, /^environment variable https_proxy is "ftp:/);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      },
    );
  });
});

describe('needsNoProxy', () => {
  for (const [entry, host, port, expected] of NO_PROXY) {
    it(`${JSON.stringify(entry)} ${expected ? 'names' : 'does not name'} ${host}:${String(port)}`, () => {
      assert.equal(needsNoProxy({ host, port, encrypted: false }, entry), expected);
    });
  }
});
