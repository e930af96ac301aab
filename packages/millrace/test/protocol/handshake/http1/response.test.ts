import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';

import {
  acceptInput,
  encodeAcceptance,
  encodeHead,
  encodeRefusal,
} from '../../../../src/protocol/handshake/http1/response.ts';

const TEXT = new TextEncoder();

describe('acceptInput', () => {
  it('makes the accept value of RFC 6455 §1.3', () => {
    const hash = createHash('sha1').update(acceptInput('dGhlIHNhbXBsZSBub25jZQ==')).digest('base64');

    assert.equal(hash, 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  });
});

describe('encodeAcceptance', () => {
  it('writes the response of RFC 6455 §1.3', () => {
    const bytes = encodeAcceptance('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=', [['Sec-WebSocket-Protocol', 'chat']]);

    assert.equal(
      Buffer.from(bytes).toString('latin1'),
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\r\n',
    );
  });
});

describe('encodeRefusal', () => {
  it('closes the connection', () => {
    const bytes = encodeRefusal({ status: 400, fields: [['A', 'b']], body: TEXT.encode('no key\n') });

    assert.equal(
      Buffer.from(bytes).toString(),
      'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nA: b\r\nContent-Length: 7\r\n\r\nno key\n',
    );
  });

  it('names Upgrade in Connection where it sends one (RFC 9110 §7.8)', () => {
    const bytes = encodeRefusal({ status: 426, fields: [['Upgrade', 'websocket']], body: TEXT.encode('') });

    assert.match(Buffer.from(bytes).toString(), /\r\nConnection: close, Upgrade\r\n/);
  });

  it('leaves the body out in answer to HEAD, not its length', () => {
    const bytes = encodeRefusal({ status: 404, fields: [], body: TEXT.encode('abc\n') }, 'HEAD');

    assert.match(Buffer.from(bytes).toString(), /Content-Length: 4\r\n\r\n$/);
  });
});

describe('encodeHead', () => {
  it('writes lines in Latin-1', () => {
    const bytes = encodeHead('HTTP/1.1 200 OK', [
      ['a', '1'],
      ['b', '\u00e9'],
    ]);

    assert.equal(Buffer.from(bytes).toString('latin1'), 'HTTP/1.1 200 OK\r\na: 1\r\nb: \u00e9\r\n\r\n');
  });
});
