import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { LocalUsageError } from '../../../../src/protocol/base/errors.ts';
import { checkRequestFields, listRequestFields } from '../../../../src/protocol/handshake/http1/client-request.ts';
import type { ClientHandshake } from '../../../../src/protocol/handshake/http1/client-request.ts';

const PLAIN: ClientHandshake = {
  target: '/chat',
  host: 'server.example.com',
  key: 'dGhlIHNhbXBsZSBub25jZQ==',
  origin: undefined,
  subprotocols: [],
  extensions: undefined,
  authorization: undefined,
  headers: undefined,
};

describe('listRequestFields', () => {
  it('lists the request of RFC 6455 §1.3', () => {
    const fields = listRequestFields({ ...PLAIN, origin: 'http://example.com', subprotocols: ['chat', 'superchat'] });

    assert.deepEqual(fields, [
      ['Host', 'server.example.com'],
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
      ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
      ['Sec-WebSocket-Version', '13'],
      ['Origin', 'http://example.com'],
      ['Sec-WebSocket-Protocol', 'chat, superchat'],
    ]);
  });

  it('adds extensions, credentials and header fields', () => {
    const fields = listRequestFields({
      ...PLAIN,
      extensions: 'foo; a',
      authorization: 'Basic x',
      headers: { A: ['1', '2'] },
    });

    assert.deepEqual(fields.slice(5), [
      ['Sec-WebSocket-Extensions', 'foo; a'],
      ['Authorization', 'Basic x'],
      ['A', '1'],
      ['A', '2'],
    ]);
  });

  it('prefers an Authorization header to the credentials of the URL', () => {
    const fields = listRequestFields({ ...PLAIN, authorization: 'Basic x', headers: { authorization: 'Bearer y' } });

    assert.deepEqual(fields.slice(5), [['authorization', 'Bearer y']]);
  });

  const reserved = ['Host', 'Upgrade', 'CONNECTION', 'Origin', 'Content-Length', 'Transfer-Encoding'];
  const ours = ['Key', 'Version', 'Protocol', 'Extensions', 'Accept'].map((name) => `sec-websocket-${name}`);
  for (const name of [...reserved, ...ours]) {
    it(`does not let the application set ${name}`, () => {
      assert.throws(() => listRequestFields({ ...PLAIN, headers: { [name]: 'x' } }), LocalUsageError);
    });
  }

  const misused: [name: string, changes: object][] = [
    ['a target that is no path', { target: 'chat' }],
    ['a target with another host', { target: 'http://evil.com/' }],
    ['a target with a line break', { target: '/a\r\nX: 1' }],
    ['a target with a space', { target: '/a b' }],
    ['an origin with a line break', { origin: 'http://a\r\nX: 1' }],
    ['an empty origin', { origin: '' }],
    ['a subprotocol with a line break', { subprotocols: ['a\r\nX: 1'] }],
    ['extensions with a line break', { extensions: 'a\r\nX: 1' }],
    ['extensions that do not follow the grammar', { extensions: ';' }],
    ['a header with a line break', { headers: { A: '1\r\nX: 1' } }],
  ];
  for (const [name, changes] of misused) {
    it(`V007: does not send ${name}`, () => {
      assert.throws(() => listRequestFields({ ...PLAIN, ...changes }), LocalUsageError);
    });
  }
});

describe('checkRequestFields', () => {
  it('lists and freezes', () => {
    const fields = checkRequestFields({ A: '1' });

    assert.deepEqual(fields, [['A', '1']]);
    assert.ok(Object.isFrozen(fields));
  });
});
