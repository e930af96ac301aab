import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { createPositions, type TopicMessage } from '../../src/client/index.ts';
import { binaryEnvelope, jsonEnvelope, type FramedMessage } from '../../src/index.ts';

const MESSAGES: readonly FramedMessage[] = [
  { topic: 'a', position: '1.e.i', data: 'text' },
  { topic: 'Grüße/1', position: undefined, data: '\ufeff"\n\u{1f600}' },
  { topic: 'b', position: '2.e.j', data: Uint8Array.of(0, 255, 1) },
  { topic: 'c'.repeat(200), position: 'p'.repeat(80), data: new Uint8Array() },
];

describe('envelopes', () => {
  for (const [name, frame] of [
    ['JSON', jsonEnvelope],
    ['binary', binaryEnvelope],
  ] as const) {
    it(`are read by the client as they were made: ${name}`, async () => {
      const positions = createPositions();
      const read: TopicMessage[] = [];

      for (const message of MESSAGES) await positions.handle(frame(message), (parts) => read.push(parts));

      assert.deepEqual(read.map(plain), MESSAGES.map(plain));
    });
  }

  it('are nothing else, at whatever length it is cut', async () => {
    const envelope = binaryEnvelope({ topic: 'topic', position: '1.e.i', data: '' });
    const positions = createPositions();
    const ignore = (): void => undefined;

    for (let length = 0; length < envelope.length; length++) {
      await assert.rejects(positions.handle(envelope.subarray(0, length), ignore), TypeError, `length ${length}`);
    }
    for (const text of ['{}', 'null', '7', '{"topic":"a"}'])
      await assert.rejects(positions.handle(text, ignore), TypeError);
    await assert.rejects(positions.handle('no JSON', ignore), SyntaxError);
    assert.equal(JSON.stringify(positions), '{}');
  });
});

describe('positions', () => {
  const message = (topic: string, position: string): string => jsonEnvelope({ topic, position, data: position });

  it('move when the handler has returned, one message after the other', async () => {
    const positions = createPositions({ a: '0' });
    const release: (() => void)[] = [];
    const handled = ['1', '2'].map((position) =>
      positions.handle(message('a', position), () => new Promise<void>((resolve) => release.push(resolve))),
    );

    await new Promise(setImmediate);
    assert.deepEqual([JSON.stringify(positions), release.length], ['{"a":"0"}', 1]);
    release[0]?.();
    await handled[0];
    assert.equal(JSON.stringify(positions), '{"a":"1"}');
    await new Promise(setImmediate);
    release[1]?.();
    await handled[1];
    assert.equal(JSON.stringify(positions), '{"a":"2"}');
  });

  it('stay where a handler has failed, so that its message comes again', async () => {
    const positions = createPositions();
    await positions.handle(message('a', '1'), () => undefined);

    await assert.rejects(
      positions.handle(message('a', '2'), () => Promise.reject(new Error('oh'))),
      /oh/,
    );
    await positions.handle(message('a', '3'), () => undefined);
    await positions.handle(message('b', '1'), () => undefined);

    assert.deepEqual(positions.toJSON(), { a: '1', b: '1' });
    await positions.handle(message('a', '2'), () => undefined);
    await positions.handle(message('a', '3'), () => undefined);
    assert.deepEqual(positions.toJSON(), { a: '3', b: '1' });
  });
});

function plain({ topic, position, data }: FramedMessage): unknown {
  return { topic, position, data: typeof data === 'string' ? data : [...data] };
}
