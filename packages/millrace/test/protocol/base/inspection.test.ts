import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';

import { showFacts } from '../../../src/protocol/base/inspection.ts';

class Shown {
  static {
    showFacts<Shown>(this, (shown) => ({ length: shown.#secret.length, inner: shown.inner }));
  }

  readonly #secret = 'secret';
  inner: Shown | undefined;
}

describe('showFacts', () => {
  it('shows the name of the class, and the facts', () => {
    assert.equal(inspect(new Shown()), 'Shown { length: 6, inner: undefined }');
  });

  it('shows the name of a class that an application has made of it', () => {
    class Extended extends Shown {}

    assert.match(inspect(new Extended()), /^Extended \{/);
  });

  it('goes as deep as it is told', () => {
    const shown = new Shown();
    shown.inner = new Shown();
    shown.inner.inner = new Shown();

    assert.equal(inspect(shown, { depth: 0 }), 'Shown { length: 6, inner: [Shown] }');
    const one = 'Shown { length: 6, inner: Shown { length: 6, inner: [Shown] } }';
    assert.equal(inspect(shown, { depth: 1, breakLength: Infinity, compact: true }), one);
    assert.match(inspect(shown, { depth: null, breakLength: Infinity }), /inner: Shown \{.*inner: Shown \{/);
  });

  it('throws for nothing: what is made of the prototype alone has no facts', () => {
    assert.equal(inspect(Object.create(Shown.prototype)), '[Shown]');
  });
});
