import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { readAgreement } from '../../../../src/protocol/handshake/rules/connection-response.ts';

const OFFER = { subprotocols: ['a', 'b'], extensions: 'foo, bar; x' };

describe('readAgreement', () => {
  it('reads what the server took', () => {
    assert.deepEqual(readAgreement({}, { subprotocols: [], extensions: undefined }), {
      subprotocol: undefined,
      extensions: [],
    });
    assert.deepEqual(readAgreement({ 'sec-websocket-protocol': 'b', 'sec-websocket-extensions': 'bar; y=1' }, OFFER), {
      subprotocol: 'b',
      extensions: [{ name: 'bar', parameters: [{ name: 'y', value: '1' }] }],
    });
  });

  const refused: [name: string, fields: Record<string, string>][] = [
    ['V019: a subprotocol that was not offered', { 'sec-websocket-protocol': 'c' }],
    ['an extension that was not offered', { 'sec-websocket-extensions': 'baz' }],
    ['an extension twice', { 'sec-websocket-extensions': 'foo, foo' }],
    ['extensions that do not follow the grammar', { 'sec-websocket-extensions': 'foo;' }],
  ];
  for (const [name, fields] of refused) {
    it(`says what is wrong with ${name}`, () => {
      const problem = readAgreement(fields, OFFER);

      assert.ok(typeof problem === 'string' && problem.startsWith('the server '));
    });
  }

  it('takes no extension where none was offered', () => {
    const problem = readAgreement({ 'sec-websocket-extensions': 'foo' }, { ...OFFER, extensions: undefined });

    assert.ok(typeof problem === 'string' && problem.includes('"foo"'));
  });
});
