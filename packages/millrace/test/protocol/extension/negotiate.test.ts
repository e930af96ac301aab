import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { ReservedClaim } from '../../../src/protocol/extension/claims.ts';
import type { Extension } from '../../../src/protocol/extension/extension.ts';
import { acceptAnswers, answerOffers, listOffers } from '../../../src/protocol/extension/negotiate.ts';

/** An extension that takes an offer with `parameter`. */
function extension(name: string, parameter: string, claim?: ReservedClaim): Extension {
  const parameters = [{ name: parameter, value: undefined }];
  const agreed = { parameters, claim, createSession: () => ({}) };
  return {
    name,
    createOffers: () => [parameters, []],
    answerOffer: (offer) => (offer[0]?.name === parameter ? agreed : undefined),
    acceptAnswer: (answer) => {
      if (answer[0]?.name !== parameter) throw new Error('not what was offered');
      return agreed;
    },
  };
}

function offer(name: string, parameter: string): { name: string; parameters: { name: string; value: undefined }[] } {
  return { name, parameters: [{ name: parameter, value: undefined }] };
}

const ONE = extension('one', 'a', { firstFrameBits: 0b100 });
const TWO = extension('two', 'b', { firstFrameBits: 0b010, opcodes: [3] });
const SAME = extension('same', 'c', { firstFrameBits: 0b100 });

describe('the agreement on extensions', () => {
  it('offers each in its order, with its fallbacks', () => {
    assert.deepEqual(
      listOffers([ONE, TWO]).map(({ name, parameters }) => [name, parameters.length]),
      [
        ['one', 1],
        ['one', 0],
        ['two', 1],
        ['two', 0],
      ],
    );
  });

  it('answers in the order of the client, each once, and the first offer that is taken', () => {
    const offers = [
      offer('two', 'b'),
      offer('one', 'wrong'),
      offer('unknown', 'a'),
      offer('one', 'a'),
      offer('one', 'a'),
    ];

    const agreed = answerOffers([ONE, TWO], offers, {});

    assert.deepEqual(
      agreed.answer.map(({ name }) => name),
      ['two', 'one'],
    );
    assert.equal(agreed.extensions.length, 2);
    assert.equal(agreed.claims.firstFrameBits, 0b110);
    assert.equal(agreed.claims.allowsMessage(3), true);
  });

  it('declines what claims the same as another, or as the application', () => {
    const offers = [offer('one', 'a'), offer('same', 'c'), offer('two', 'b')];
    const namesOf = (reservedBits: number): string[] =>
      answerOffers([ONE, SAME, TWO], offers, { reservedBits }).answer.map(({ name }) => name);

    assert.deepEqual(namesOf(0), ['one', 'two']);
    assert.deepEqual(namesOf(0b100), ['two']);
  });

  it('fails the handshake of a client for answers that it cannot take', () => {
    const accept = (...answers: ReturnType<typeof offer>[]): unknown => acceptAnswers([ONE, SAME], answers, {});

    assert.throws(() => accept(offer('unknown', 'a')), { name: 'HandshakeError', message: /was not offered/ });
    assert.throws(() => accept(offer('one', 'a'), offer('one', 'a')), { name: 'HandshakeError', message: /twice/ });
    assert.throws(() => accept(offer('one', 'x')), { name: 'HandshakeError', message: /not what was offered/ });
    assert.throws(() => accept(offer('one', 'a'), offer('same', 'c')), { name: 'HandshakeError', message: /excludes/ });
  });
});
