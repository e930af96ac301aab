import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { formatUrl } from '../../src/server/listener.ts';

describe('formatUrl', () => {
  const rows: [address: Parameters<typeof formatUrl>[0], encrypted: boolean, path: string | undefined, url: string][] =
    [
      [{ address: '127.0.0.1', family: 'IPv4', port: 9000 }, false, undefined, 'ws://127.0.0.1:9000/'],
      [{ address: '::1', family: 'IPv6', port: 9000 }, true, '/chat', 'wss://[::1]:9000/chat'],
      [{ address: '::', family: 'IPv6', port: 1 }, false, undefined, 'ws://localhost:1/'],
      [{ address: '0.0.0.0', family: 'IPv4', port: 1 }, false, undefined, 'ws://localhost:1/'],
      ['/tmp/x.sock', false, undefined, 'ws+unix:/tmp/x.sock:/'],
      [undefined, false, '/chat', ''],
    ];
  for (const [address, encrypted, path, url] of rows) {
    it(`writes ${url === '' ? 'nothing' : url}`, () => {
      assert.equal(formatUrl(address, encrypted, path), url);
    });
  }
});
