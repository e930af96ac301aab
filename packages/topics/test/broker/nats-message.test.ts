import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import {
  contentIn,
  contentOf,
  encodeContent,
  encodePublication,
  isForRoot,
} from '../../src/broker/nats/nats-message.ts';

const PUBLICATION = {
  topic: 'chat/a b',
  root: undefined,
  type: 'text',
  data: new Uint8Array(),
  id: 'id',
  idempotencyKey: undefined,
  history: undefined,
} as const;

describe('the header of messages in NATS', () => {
  it('is read as it was written', () => {
    for (const kind of ['text', 'binary', 'mark'] as const) {
      for (const epoch of [undefined, 'ep_o-ch']) {
        assert.deepEqual(contentOf(encodeContent({ kind, id: 'i-_1', epoch })), { kind, id: 'i-_1', epoch });
      }
    }
    assert.equal(contentOf(undefined), undefined);
  });

  it('is read as it is stored, and nothing else is', () => {
    assert.deepEqual(contentIn('NATS/1.0\r\nMillrace-Root: a\r\nMillrace: 1t id epoch\r\n\r\n'), {
      kind: 'text',
      id: 'id',
      epoch: 'epoch',
    });
    for (const header of ['2t id epoch', '1x id epoch', '1t id', '1t id epoch more', `1t ${'i'.repeat(33)} epoch`]) {
      assert.equal(contentIn(`NATS/1.0\r\nMillrace: ${header}\r\n\r\n`), undefined, header);
    }
    assert.equal(contentIn(''), undefined);
  });

  it('names the root, and nothing else is for it', () => {
    const header = encodePublication({ ...PUBLICATION, root: 'chat' }, undefined);

    assert.equal(isForRoot(header, 'chat'), true);
    assert.equal(isForRoot(header, 'cha'), false);
    assert.equal(isForRoot(encodePublication(PUBLICATION, undefined), 'chat'), false);
  });

  it('has an id for JetStream where a message may be repeated: of its topic, which no key of another topic meets', () => {
    const idOf = (changes: object): string => encodePublication({ ...PUBLICATION, ...changes }, 'e').get('Nats-Msg-Id');
    const history = { messages: 1, age: 1 };

    assert.equal(idOf({}), '');
    assert.equal(idOf({ history }), 'chat.a=20b:iid');
    assert.equal(idOf({ idempotencyKey: 'k\r\n1' }), 'chat.a=20b:kk=0D=0A1');
    assert.equal(idOf({ history, idempotencyKey: 'id' }), 'chat.a=20b:kid');
  });
});
