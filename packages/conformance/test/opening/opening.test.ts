import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { HeadReader, acceptFor, parseHead } from '../../src/opening/head.ts';
import { findAcceptanceProblem, writeRequest } from '../../src/opening/request.ts';
import { writeResponse } from '../../src/opening/response.ts';

const TARGET = { authority: 'example.com:9000', resource: '/chat' };

describe('acceptFor', () => {
  it('gives the answer of RFC 6455 §1.3', () => {
    assert.equal(acceptFor('dGhlIHNhbXBsZSBub25jZQ=='), 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  });
});

describe('HeadReader', () => {
  it('finds the end of a head at every cut', () => {
    const text = 'GET / HTTP/1.1\r\nA: b\r\n\r\nrest';
    for (let cut = 1; cut < text.length; cut++) {
      const reader = new HeadReader();

      const first = reader.push(Buffer.from(text.slice(0, cut)));
      const result = first ?? reader.push(Buffer.from(text.slice(cut)));

      assert.ok(typeof result === 'object');
      assert.equal(result.head.fields.get('a')?.[0], 'b');
    }
  });
});

describe('writeRequest', () => {
  it('writes a valid handshake unless told otherwise', () => {
    const { text } = writeRequest(TARGET, {});

    assert.match(text, /^GET \/chat HTTP\/1\.1\r\nHost: example\.com:9000\r\nUpgrade: websocket\r\n/);
    assert.ok(text.endsWith('\r\n\r\n'));
  });

  it('changes, adds and leaves out fields', () => {
    const { text } = writeRequest(TARGET, { set: { upgrade: 'x', Host: null }, add: ['Y: 1'], first: ['Z: 2'] });

    assert.match(text, /^GET \/chat HTTP\/1\.1\r\nZ: 2\r\nupgrade: x\r\n/);
    assert.doesNotMatch(text, /Host/);
    assert.match(text, /\r\nY: 1\r\n\r\n$/);
  });
});

describe('findAcceptanceProblem', () => {
  const request = writeRequest(TARGET, { add: ['Sec-WebSocket-Protocol: a, b'] });
  const problemOf = (spec: Parameters<typeof writeResponse>[1]): string | undefined =>
    findAcceptanceProblem(parseHead(writeResponse(parseHead(request.text), spec)), request);

  it('finds none in an answer that accepts', () => {
    assert.equal(problemOf({}), undefined);
    assert.equal(problemOf({ add: ['Sec-WebSocket-Protocol: b'] }), undefined);
  });

  it('finds what is wrong', () => {
    assert.match(problemOf({ accept: '{other}' }) ?? '', /Accept/);
    assert.match(problemOf({ set: { Upgrade: null } }) ?? '', /Upgrade/);
    assert.match(problemOf({ add: ['Sec-WebSocket-Protocol: c'] }) ?? '', /"c" was not offered/);
    assert.match(problemOf({ add: ['Sec-WebSocket-Extensions: x'] }) ?? '', /extension x/);
  });
});
