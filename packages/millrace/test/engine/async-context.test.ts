import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, it } from 'node:test';

import { AsyncContext } from '../../src/engine/async-context.ts';

const storage = new AsyncLocalStorage<string>();

describe('AsyncContext', () => {
  it('runs calls where it was made, with what they are about', () => {
    const context = storage.run('first', () => new AsyncContext());

    storage.run('second', () => {
      const seen: unknown[] = [];
      context.run((subject) => seen.push(subject, storage.getStore()), 'subject');

      assert.deepEqual(seen, ['subject', 'first']);
      assert.equal(storage.getStore(), 'second');
    });
  });

  it('has what a hook enters belong to all calls that follow', async () => {
    const context = storage.run('made', () => new AsyncContext());
    const seen: (string | undefined)[] = [];

    const result = context.open(async () => {
      seen.push(storage.getStore());
      storage.enterWith('entered');
      await Promise.resolve();
      return 'result';
    });
    context.run(() => seen.push(storage.getStore()), undefined);

    assert.equal(await result, 'result');
    assert.deepEqual(seen, ['made', 'entered']);
    assert.equal(storage.getStore(), undefined, 'and to no others');
  });

  it('keeps what a hook enters also where it throws, which comes through', () => {
    const context = new AsyncContext();

    assert.throws(
      () =>
        context.open(() => {
          storage.enterWith('entered');
          throw new Error('denied');
        }),
      { message: 'denied' },
    );

    context.run(() => assert.equal(storage.getStore(), 'entered'), undefined);
  });

  it('keeps two apart that are entered in turn', () => {
    const contexts = ['a', 'b'].map((name) => [name, storage.run(name, () => new AsyncContext())] as const);

    for (let round = 0; round < 3; round++) {
      for (const [name, context] of contexts) context.run(() => assert.equal(storage.getStore(), name), undefined);
    }
  });
});
