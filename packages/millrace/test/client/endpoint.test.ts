import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { parseEndpoint } from '../../src/client/endpoint.ts';

const PLAIN = {
  encrypted: false,
  hostname: 'a',
  port: 80,
  socketPath: undefined,
  host: 'a',
  target: '/',
  authorization: undefined,
};

const VALID: [input: string, endpoint: Partial<ReturnType<typeof parseEndpoint>>][] = [
  ['ws://a', { url: 'ws://a/' }],
  ['http://a', { url: 'http://a/' }],
  ['wss://a', { url: 'wss://a/', encrypted: true, port: 443 }],
  ['https://a', { url: 'https://a/', encrypted: true, port: 443 }],
  ['ws://A:80/chat?x=1&y', { url: 'ws://a/chat?…', target: '/chat?x=1&y' }],
  ['ws://a:9000', { url: 'ws://a:9000/', port: 9000, host: 'a:9000' }],
  ['wss://a:80', { url: 'wss://a:80/', encrypted: true, port: 80, host: 'a:80' }],
  ['ws://[::1]:1/', { url: 'ws://[::1]:1/', hostname: '::1', port: 1, host: '[::1]:1' }],
  [
    'ws://bücher.example',
    { url: 'ws://xn--bcher-kva.example/', hostname: 'xn--bcher-kva.example', host: 'xn--bcher-kva.example' },
  ],
  ['ws://a/ü b\r\n?ü#'.slice(0, -1), { url: 'ws://a/%C3%BC%20b?…', target: '/%C3%BC%20b?%C3%BC' }],
  ['ws://user@a', { url: 'ws://a/', authorization: 'Basic dXNlcjo=' }],
  ['ws://user:pass@a/p@q', { url: 'ws://a/p@q', target: '/p@q', authorization: 'Basic dXNlcjpwYXNz' }],
  ['ws://%C3%BC:%3A%40@a', { url: 'ws://a/', authorization: `Basic ${Buffer.from('ü::@').toString('base64')}` }],
  ['ws://%zz:x@a', { url: 'ws://a/', authorization: `Basic ${Buffer.from('%zz:x').toString('base64')}` }],
  [
    'ws+unix:/tmp/s.sock',
    { url: 'ws+unix:/tmp/s.sock', hostname: 'localhost', host: 'localhost', socketPath: '/tmp/s.sock' },
  ],
  [
    'ws+unix:///tmp/s%20s.sock:/chat:1?x',
    {
      url: 'ws+unix:///tmp/s%20s.sock:/chat:1?…',
      hostname: 'localhost',
      host: 'localhost',
      socketPath: '/tmp/s s.sock',
      target: '/chat:1?x',
    },
  ],
];

const INVALID = [
  '',
  'a',
  '/chat',
  'ws://',
  'ws://a:99999',
  'ws://a b',
  'ftp://a',
  'file:///a',
  'wss+unix:/a',
  'ws://a/#',
  'ws://a/#top',
  'ws+unix:/a#top',
  'ws+unix:',
  'ws+unix://host/path',
  'ws+unix:/a%00b',
  'ws+unix:/%zz',
];

describe('parseEndpoint', () => {
  for (const [input, endpoint] of VALID) {
    it(`accepts ${JSON.stringify(input)}`, () => {
      assert.deepEqual(parseEndpoint(input), { ...PLAIN, ...endpoint });
    });
  }

  it('accepts a URL object', () => {
    assert.equal(parseEndpoint(new URL('ws://a/b')).target, '/b');
  });

  for (const input of INVALID) {
    it(`refuses ${JSON.stringify(input)}, and names it`, () => {
      assert.throws(
        () => parseEndpoint(input),
        (error) => {
          assert.ok(error instanceof Error);
          assert.equal(error.name, 'LocalUsageError');
          const shown = input.replace(/#.*/, '#…');
          assert.ok(error.message.startsWith(`URL is "${shown}", expected `), error.message);
          return true;
        },
      );
    });
  }

  for (const input of [
    'ws://user:se/secret@a:99999/',
    'user:secret@a',
    'ws://a b?token=secret',
    'ftp://a?token=secret',
    'ws://a/#secret',
    'ws+unix:?secret',
    'ws://user:secret@a:99999/',
    'ftp://user:secret@a',
    'ws://user:secret@a/#top',
    'ws://x@secret@a b',
  ]) {
    it(`does not show the secret of ${input}`, () => {
      assert.throws(
        () => parseEndpoint(input),
        (error) => error instanceof Error && !error.message.includes('secret'),
      );
    });
  }
});
