import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { wrap } from '../../../src/index.ts';
import { createDuplexPair } from '../../../src/testing/index.ts';
import { concat, toHex } from '../../helpers/bytes.ts';
import { frame } from '../../helpers/frames.ts';
import { turns } from '../../helpers/message-peers.ts';
import { splits } from '../../helpers/splits.ts';

const MESSAGE = frame({ byte0: 0x81, payload: Buffer.from('hi') });
const VIOLATION = frame({ byte0: 0x83 });

describe('a client without a handler', () => {
  it('answers the last message before a violation, wherever they are cut', async () => {
    for (const chunks of splits(concat([MESSAGE, VIOLATION]))) {
      const [near, far] = createDuplexPair();
      const sent: Uint8Array[] = [];
      far.on('data', (chunk: Uint8Array) => sent.push(chunk));
      const connection = wrap(near, 'client');
      const answering = connection
        .expectMessage()
        .then((message) => message.text())
        .then((text) => connection.send(text));

      for (const chunk of chunks) {
        far.write(chunk);
        await turns(1);
      }
      await answering;
      far.end();
      await connection.closed;

      const [echo, close] = sent.filter(({ length }) => length > 2);
      assert.equal(echo?.[0], 0x81, toHex(concat(sent)));
      assert.ok(close === undefined || close[0] === 0x88, toHex(concat(sent)));
    }
  });
});
