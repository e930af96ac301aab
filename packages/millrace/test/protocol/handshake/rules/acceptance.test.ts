import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';

import { encodeHead } from '../../../../src/protocol/handshake/http1/response.ts';
import { checkAcceptanceFields, listAcceptanceFields } from '../../../../src/protocol/handshake/rules/acceptance.ts';
import type { Acceptance } from '../../../../src/protocol/handshake/rules/acceptance.ts';
import type { HeaderFieldsInit } from '../../../../src/protocol/handshake/rules/header-fields.ts';
import { HOSTILE, linesOf } from '../hostile.ts';
import { headers, judge, raw } from '../requests.ts';

const request = judge(
  raw(headers({ 'Sec-WebSocket-Protocol': 'chat, superchat', 'Sec-WebSocket-Extensions': 'foo; a, bar' })),
);

const PLAIN: Acceptance = { subprotocol: undefined, extensions: undefined, headers: [] };

function accept(changes: Partial<Acceptance>): string {
  return Buffer.from(encodeHead('', listAcceptanceFields({ ...PLAIN, ...changes }, request))).toString('latin1');
}

describe('listAcceptanceFields', () => {
  it('accepts a subprotocol that the client offers, first of all fields', () => {
    const fields = listAcceptanceFields(
      { subprotocol: 'superchat', extensions: 'foo', headers: [{ A: '1' }] },
      request,
    );

    assert.deepEqual(fields, [
      ['Sec-WebSocket-Protocol', 'superchat'],
      ['Sec-WebSocket-Extensions', 'foo'],
      ['A', '1'],
    ]);
  });

  it('adds extensions and header fields of every source', () => {
    const text = accept({ extensions: 'bar', headers: [{ A: '1' }, undefined, [['B', '2']]] });

    assert.match(text, /\r\nSec-WebSocket-Extensions: bar\r\nA: 1\r\nB: 2\r\n\r\n$/);
  });

  const misused: [name: string, changes: object, message: RegExp][] = [
    [
      'a subprotocol that was not offered',
      { subprotocol: 'other' },
      /subprotocol is "other", expected one of chat, superchat/,
    ],
    ['a subprotocol in another case', { subprotocol: 'Chat' }, /subprotocol/],
    ['an empty subprotocol', { subprotocol: '' }, /subprotocol/],
    ['an extension that was not offered', { extensions: 'foo, other' }, /extensions are "foo, other"/],
    ['extensions that do not follow the grammar', { extensions: 'foo;' }, /extensions/],
    ['empty extensions', { extensions: '' }, /extensions/],
    ['a header of the handshake', { headers: [{ 'sec-websocket-accept': 'x' }] }, /sec-websocket-accept/],
    ['a header that frames the message', { headers: [{ 'Content-Length': '3' }] }, /Content-Length/],
  ];
  for (const [name, changes, message] of misused) {
    it(`does not send ${name}`, () => {
      assert.throws(() => accept(changes), { name: 'LocalUsageError', message });
    });
  }

  it('says that none is expected where the client offers no subprotocol', () => {
    assert.throws(
      () => listAcceptanceFields({ ...PLAIN, subprotocol: 'x' }, { ...request, subprotocols: [] }),
      /expected none/,
    );
  });

  for (const value of HOSTILE) {
    it(`V008: writes as many lines as it means to, or none, for ${inspect(value)}`, () => {
      const text = value as string;
      const headers = value as HeaderFieldsInit;
      assert.equal(
        linesOf(() => accept({ subprotocol: text })),
        undefined,
      );
      assert.equal(
        linesOf(() => accept({ extensions: text })),
        undefined,
      );
      assert.equal(
        linesOf(() => accept({ headers: [{ 'X-A': text }] })),
        undefined,
      );
      assert.equal(
        linesOf(() => accept({ headers: [[['X-A', text]]] })),
        undefined,
      );
      assert.equal(
        linesOf(() => accept({ headers: [[[text, 'x']]] })),
        undefined,
      );
      if (typeof value === 'string')
        assert.equal(
          linesOf(() => accept({ headers: [{ [value]: 'x' }] })),
          undefined,
        );
      const lines = linesOf(() => accept({ headers: [headers] }));
      assert.ok(lines === undefined || lines.length === 1);
    });
  }
});

describe('checkAcceptanceFields', () => {
  it('lists and freezes', () => {
    const fields = checkAcceptanceFields({ A: ['1', '2'] });

    assert.deepEqual(fields, [
      ['A', '1'],
      ['A', '2'],
    ]);
    assert.ok(Object.isFrozen(fields));
  });
});
