import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { HandshakeError } from '../../../src/protocol/base/errors.ts';
import type { ReservedClaim } from '../../../src/protocol/extension/claims.ts';
import type { Extension } from '../../../src/protocol/extension/extension.ts';
import { acceptAnswers, agreeOnNothing, answerOffers, listOffers } from '../../../src/protocol/extension/negotiate.ts';

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

  it('takes an extension that claims nothing, whatever others claim', () => {
    const agreed = answerOffers([ONE, extension('free', 'd')], [offer('one', 'a'), offer('free', 'd')], {});

    assert.deepEqual(
      agreed.answer.map(({ name }) => name),
      ['one', 'free'],
    );
    assert.equal(agreed.claims.firstFrameBits, 0b100);
  });

  it('does not take a claim that is broken for one that another has', () => {
    const broken = extension('broken', 'a', { opcodes: 3 as unknown as number[] });

    assert.throws(() => answerOffers([broken], [offer('broken', 'a')], {}), TypeError);
  });

  it('takes the answers of a server, in their order, and what the application has claimed', () => {
    const answers = [offer('two', 'b'), offer('one', 'a')];

    const agreed = acceptAnswers([ONE, TWO], answers, { controlOpcodes: [0xb] });

    assert.deepEqual(agreed.answer, answers);
    assert.deepEqual(
      agreed.extensions.map(({ claim }) => claim?.firstFrameBits),
      [0b010, 0b100],
    );
    assert.equal(agreed.claims.firstFrameBits, 0b110);
    assert.equal(agreed.claims.allowsOpcode(0xb), true);
    assert.equal(agreed.claims.allowsOpcode(0xc), false);
  });

  it('passes the HandshakeError of an extension on, and makes one of anything else that it throws', () => {
    const own = new HandshakeError('of its own');
    const accept = (thrown: unknown): unknown => {
      const failing: Extension = {
        ...ONE,
        acceptAnswer: () => {
          throw thrown;
        },
      };
      return acceptAnswers([failing], [offer('one', 'a')], {});
    };

    assert.throws(
      () => accept(own),
      (error) => error === own,
    );
    assert.throws(() => accept('text'), { name: 'HandshakeError', message: /"one" does not accept .*: text$/ });
  });

  it('agrees on nothing but the claims that the application has', () => {
    const { claims } = answerOffers([], [], { reservedBits: 0b001 });

    assert.deepEqual(agreeOnNothing(claims), { extensions: [], answer: [], claims });
    assert.equal(agreeOnNothing(claims).claims, claims);
  });

  it('fails the handshake of a client for answers that it cannot take', () => {
    const accept = (...answers: ReturnType<typeof offer>[]): unknown => acceptAnswers([ONE, SAME], answers, {});

    assert.throws(() => accept(offer('unknown', 'a')), { name: 'HandshakeError', message: /was not offered/ });
    assert.throws(() => accept(offer('one', 'a'), offer('one', 'a')), { name: 'HandshakeError', message: /twice/ });
    assert.throws(() => accept(offer('one', 'x')), { name: 'HandshakeError', message: /not what was offered/ });
    assert.throws(() => accept(offer('one', 'a'), offer('same', 'c')), { name: 'HandshakeError', message: /excludes/ });
  });
});
