import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { HandshakeError } from '../../../../src/protocol/base/errors.ts';
import { announcesBody, judgeResponse } from '../../../../src/protocol/handshake/http1/read-response.ts';
import type { RawResponse, ResponseRules } from '../../../../src/protocol/handshake/http1/read-response.ts';

const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

const RULES: ResponseRules = {
  accept: ACCEPT,
  subprotocols: ['a', 'b'],
  extensions: 'foo, bar; x, permessage-deflate',
  maxHeaderSize: 16_384,
  maxHeaderCount: 128,
};

const HEADERS = { Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Accept': ACCEPT };

const PROTOCOL = 'Sec-WebSocket-Protocol';
const EXTENSIONS = 'Sec-WebSocket-Extensions';

type Fields = Readonly<Record<string, string | readonly string[] | undefined>>;

function raw(fields: Fields = {}, changes: Partial<RawResponse> = {}): RawResponse {
  const all: Fields = { ...HEADERS, ...fields };
  const rawHeaders = Object.entries(all).flatMap(([name, value]) => [value ?? []].flat().flatMap((one) => [name, one]));
  return { status: 101, httpVersion: '1.1', rawHeaders, peer: '', ...changes };
}

const REFUSED: [name: string, fields: Fields, changes?: Partial<RawResponse>][] = [
  ['status 200', {}, { status: 200 }],
  ['a redirect', {}, { status: 302 }],
  ['HTTP/1.0', {}, { httpVersion: '1.0' }],
  ['no Upgrade', { Upgrade: undefined }],
  ['Upgrade: h2c', { Upgrade: 'h2c' }],
  ['Upgrade: websocket, h2c', { Upgrade: 'websocket, h2c' }],
  ['no Connection', { Connection: undefined }],
  ['Connection: notupgrade', { Connection: 'notupgrade' }],
  ['no Accept', { 'Sec-WebSocket-Accept': undefined }],
  ['V016: an Accept for another key', { 'Sec-WebSocket-Accept': 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' }],
  ['V016: Accept twice', { 'Sec-WebSocket-Accept': [ACCEPT, ACCEPT] }],
  ['an Accept in another case', { 'Sec-WebSocket-Accept': ACCEPT.toLowerCase() }],
  ['V019: a subprotocol that was not offered', { [PROTOCOL]: 'c' }],
  ['a subprotocol in another case', { [PROTOCOL]: 'A' }],
  ['two subprotocols', { [PROTOCOL]: 'a, b' }],
  ['a subprotocol twice', { [PROTOCOL]: ['a', 'a'] }],
  ['an empty subprotocol', { [PROTOCOL]: '' }],
  ['an extension that was not offered', { [EXTENSIONS]: 'baz' }],
  ['extensions twice', { [EXTENSIONS]: 'permessage-deflate, permessage-deflate' }],
  ['extensions that do not follow the grammar', { [EXTENSIONS]: 'foo;' }],
  ['empty extensions', { [EXTENSIONS]: '' }],
  ['a header of 100 KB', { a: 'x'.repeat(100_000) }],
  ['V004: more lines than allowed', { a: Array.from({ length: 126 }, () => 'x') }],
  ['a header with NUL', { a: '\0' }],
];

const ACCEPTED: [name: string, fields: Fields][] = [
  ['a plain response', {}],
  ['other cases', { Upgrade: 'WebSocket', Connection: 'keep-alive, UPGRADE' }],
  ['a subprotocol that was offered', { [PROTOCOL]: 'b' }],
  ['extensions that were offered', { [EXTENSIONS]: 'bar; y=1, foo' }],
  ['Content-Length: 0', { 'Content-Length': '0' }],
  ['V013: a body, which there is none', { 'Content-Length': '3' }],
  ['V013: a chunked body, which there is none', { 'Transfer-Encoding': 'chunked' }],
  ['bytes over 0x7F where they mean nothing', { Server: 'caf\u00e9' }],
];

describe('judgeResponse', () => {
  for (const [name, fields, changes] of REFUSED) {
    it(`refuses ${name}`, () => {
      assert.throws(() => judgeResponse(raw(fields, changes), RULES), HandshakeError);
    });
  }

  it('names the limit that a response exceeds, and not the fields that were not read for it', () => {
    assert.throws(() => judgeResponse(raw({ a: 'x'.repeat(100_000) }), RULES), /maxHeaderSize/);
    assert.throws(() => judgeResponse(raw({ a: Array.from({ length: 126 }, () => 'x') }), RULES), /maxHeaderCount/);
  });

  for (const [name, fields] of ACCEPTED) {
    it(`accepts ${name}`, () => {
      assert.doesNotThrow(() => judgeResponse(raw(fields), RULES));
    });
  }

  it('V019: refuses a subprotocol and an extension where nothing was offered', () => {
    const rules = { ...RULES, subprotocols: [], extensions: undefined };

    assert.throws(() => judgeResponse(raw({ [PROTOCOL]: 'a' }), rules), HandshakeError);
    assert.throws(() => judgeResponse(raw({ [EXTENSIONS]: 'foo' }), rules), HandshakeError);
  });

  for (const name of ['Upgrade', 'Sec-WebSocket-Accept', PROTOCOL, EXTENSIONS]) {
    it(`V018: refuses every byte that is not ASCII in ${name}`, () => {
      for (let byte = 0; byte <= 0xff; byte++) {
        if (byte === 0x20 || byte === 0x09 || byte === 0x2c || (byte > 0x20 && byte < 0x7f)) continue;
        const value = `${new Map(Object.entries(HEADERS)).get(name) ?? 'a'}${String.fromCharCode(byte)}`;
        assert.throws(() => judgeResponse(raw({ [name]: value }), RULES), HandshakeError);
      }
    });
  }

  for (const name of Object.getOwnPropertyNames(Object.prototype)) {
    it(`V001: takes ${name} for a name like any other`, () => {
      const { rawHeaders } = raw({ [PROTOCOL]: name, [EXTENSIONS]: `${name}; ${name}` });
      const rules = { ...RULES, subprotocols: [name], extensions: name };

      const response = judgeResponse(raw({}, { rawHeaders: [...rawHeaders, name, name] }), rules);

      assert.equal(response.subprotocol, name);
      assert.equal(response.extensions[0]?.name, name);
      assert.equal(Object.hasOwn(response.headers, name.toLowerCase()), true);
    });
  }

  it('puts status, headers and body into the error', () => {
    assert.throws(
      () => judgeResponse(raw({ Location: 'ws://b/' }, { status: 302 }), RULES, 'elsewhere'),
      (error) => {
        assert.ok(error instanceof HandshakeError);
        assert.equal(error.status, 302);
        assert.equal(error.headers['location'], 'ws://b/');
        assert.equal(error.body, 'elsewhere');
        return true;
      },
    );
  });

  it('tells the application what the server said, frozen', () => {
    const response = judgeResponse(raw({ [PROTOCOL]: 'a', [EXTENSIONS]: 'foo; p=1' }, { peer: '192.0.2.1:80' }), RULES);

    assert.equal(response.peer, '192.0.2.1:80');
    assert.equal(response.subprotocol, 'a');
    assert.deepEqual(response.extensions, [{ name: 'foo', parameters: [{ name: 'p', value: '1' }] }]);
    assert.equal(response.headers['upgrade'], 'websocket');
    for (const part of [response, response.headers, response.extensions]) assert.ok(Object.isFrozen(part));
  });

  it('keeps the lines of a field apart', () => {
    const response = judgeResponse(raw({ 'Set-Cookie': ['a=1, 2', 'b=3'] }), RULES);

    assert.deepEqual(response.headersDistinct['set-cookie'], ['a=1, 2', 'b=3']);
    assert.throws(
      () => judgeResponse(raw({ 'Set-Cookie': ['a=1', 'b=2'] }, { status: 401 }), RULES),
      (error) => error instanceof HandshakeError && error.headersDistinct['set-cookie']?.length === 2,
    );
  });

  const reasons: [body: string, told: string][] = [
    ['no token\nreally', ': "no token"'],
    ['\r\n  no token  \r\n', ': "no token"'],
    ['a\u0007b', String.raw`: "a\u0007b"`],
    ['x'.repeat(300), `: "${'x'.repeat(200)}…"`],
    ['<!doctype html>\n<p>no', ''],
    ['', ''],
    ['\n\n', ''],
  ];
  for (const [body, told] of reasons) {
    it(`says the reason that the body gives: ${JSON.stringify(body.slice(0, 20))}`, () => {
      assert.throws(() => judgeResponse(raw({}, { status: 403 }), RULES, body), {
        message: `the server answered with status 403${told}`,
      });
    });
  }
});

describe('announcesBody', () => {
  const rows: [fields: Fields, announced: boolean][] = [
    [{}, false],
    [{ 'Content-Length': '0' }, false],
    [{ 'Content-Length': '3' }, true],
    [{ 'Transfer-Encoding': 'chunked' }, true],
  ];
  for (const [fields, announced] of rows) {
    it(`says ${String(announced)} for ${JSON.stringify(fields)}`, () => {
      assert.equal(announcesBody(judgeResponse(raw(fields), RULES)), announced);
    });
  }
});
