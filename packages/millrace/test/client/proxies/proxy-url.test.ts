import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { parseProxyUrl } from '../../../src/client/proxies/proxy-url.ts';

describe('parseProxyUrl', () => {
  const valid: [url: string, kind: string, host: string, port: number][] = [
    ['http://proxy.example', 'http', 'proxy.example', 80],
    ['http://proxy.example:3128/', 'http', 'proxy.example', 3128],
    ['https://proxy.example', 'https', 'proxy.example', 443],
    ['socks5://[::1]', 'socks5', '::1', 1080],
    ['socks5h://proxy.example:9050', 'socks5', 'proxy.example', 9050],
    ['socks://proxy.example', 'socks5', 'proxy.example', 1080],
  ];
  for (const [url, kind, host, port] of valid) {
    it(`reads ${url}`, () => {
      const proxy = parseProxyUrl('option proxy', url);

      assert.deepEqual([proxy.kind, proxy.host, proxy.port, proxy.credentials], [kind, host, port, undefined]);
    });
  }

  it('decodes credentials, and shows them to nobody', () => {
    const { credentials, label } = parseProxyUrl('option proxy', new URL('http://us%20er:p%40s%s@a:1'));

    assert.deepEqual(credentials, { username: 'us er', password: 'p%40s%s' });
    assert.equal(label, 'http://a:1');
  });

  for (const url of ['', 'proxy.example:80', 'ftp://a', 'socks4://a', 'http://']) {
    it(`refuses ${JSON.stringify(url)}`, () => {
      assert.throws(() => parseProxyUrl('option proxy', url), {
        name: 'LocalUsageError',
        message: /^option proxy is "/,
      });
    });
  }
});
