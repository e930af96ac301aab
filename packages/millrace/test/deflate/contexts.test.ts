import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { deflaterCost, inflaterCost } from '../../src/deflate/contexts.ts';
import type { ExtensionSession } from '../../src/protocol/extension/extension.ts';
import {
  CODECS,
  DEFAULT_SETTINGS,
  createExtension,
  formatParameters,
  parameters,
  pullAll,
  receive,
  send,
} from '../helpers/deflate.ts';
import { randomBytes } from '../helpers/random.ts';

const data = randomBytes(400, 1).map((byte) => byte & 7);

/** Whether the next message of a session refers back to the ones before. */
async function hasHistory(session: ExtensionSession): Promise<boolean> {
  const first = await send(session, data);
  return first.length < 50;
}

for (const { name, codec } of CODECS) {
  describe(`Contexts with ${name}`, () => {
    it('gives a connection a context to keep with its second message, and takes it back when it is idle', async () => {
      const { extension, contexts } = createExtension(codec);
      const agreed = extension.answerOffer([]);
      assert.ok(agreed !== undefined);
      const [a, b] = [agreed.createSession(), agreed.createSession()];

      await send(a, data);
      await send(b, data);
      assert.equal(contexts.size, 1);
      await send(a, data);
      await send(b, data);
      assert.equal(contexts.size, 2);
      assert.equal(await hasHistory(a), true);

      contexts.sweep();
      assert.equal(await hasHistory(a), true);
      contexts.sweep();
      assert.equal(contexts.size, 1);
      assert.equal(await hasHistory(b), false);
      assert.equal(await hasHistory(a), true);

      a.close?.();
      b.close?.();
      contexts.sweep();
      contexts.sweep();
      assert.equal(contexts.size, 0);
    });

    it('does not take a context back inside a message, and without harm before it', async () => {
      const { extension, contexts } = createExtension(codec);
      const session = extension.answerOffer([])?.createSession();
      assert.ok(session?.send !== undefined);
      const peer = extension.acceptAnswer([]).createSession();

      for (const sweepsBefore of [0, 2]) {
        for (let count = 0; count < 2; count++) assert.deepEqual(await receive(peer, await send(session, data)), data);
        session.send.begin({ opcode: 2, reservedBits: 0, compress: true, length: undefined });
        for (let sweep = 0; sweep < sweepsBefore; sweep++) contexts.sweep();
        session.send.push(data.slice(0, 100));
        for (let sweep = 0; sweep < 3; sweep++) contexts.sweep();
        session.send.push(data.slice(100));
        session.send.end();

        assert.deepEqual(await receive(peer, ...(await pullAll(session.send))), data);
        assert.deepEqual(await receive(peer, await send(session, data)), data);
      }
    });

    it('lets no connection keep a context beyond the budget', async () => {
      const memoryBudget = inflaterCost(15) * 4 + deflaterCost(DEFAULT_SETTINGS) * 2;
      const { extension, contexts } = createExtension(codec, { memoryBudget });
      const sessions = [1, 2, 3].map(() => extension.answerOffer([])?.createSession());
      assert.ok(sessions.every((session) => session !== undefined));

      for (const session of sessions) for (let count = 0; count < 2; count++) await send(session, data);
      const kept = [];
      for (const session of sessions) kept.push(await hasHistory(session));

      assert.deepEqual(kept, [true, true, false]);
      for (const session of sessions) session.close?.();
      contexts.sweep();
      contexts.sweep();
      assert.equal(contexts.size, 0);
    });

    it('has peers do without history when half of the budget is promised, and with it again when there is room', () => {
      const { extension, contexts } = createExtension(codec, { memoryBudget: inflaterCost(15) * 4 });
      const answers: string[] = [];
      const sessions: ExtensionSession[] = [];
      const open = (): void => {
        const agreed = extension.answerOffer(parameters(''));
        assert.ok(agreed !== undefined);
        answers.push(formatParameters(agreed));
        sessions.push(agreed.createSession());
      };

      for (let count = 0; count < 4; count++) open();
      assert.deepEqual(
        extension.createOffers().map((offer) => formatParameters({ parameters: offer })),
        ['server_no_context_takeover; client_max_window_bits', 'client_max_window_bits'],
      );
      sessions[0]?.close?.();
      sessions[3]?.close?.();
      open();

      const [plain, alone] = ['server_max_window_bits=13', 'client_no_context_takeover; server_max_window_bits=13'];
      assert.deepEqual(answers, [plain, plain, alone, alone, plain]);
      for (const session of sessions) session.close?.();
      assert.equal(contexts.promised, 0);
    });

    it('V093, V094: keeps nothing of 10,000 connections that have come and gone', async () => {
      const { extension, contexts } = createExtension(codec);
      const count = name === 'handles' ? 10_000 : 500;
      const payload = await send(extension.acceptAnswer([]).createSession(), data);

      for (let opened = 0; opened < count; opened++) {
        const session = extension.answerOffer([])?.createSession();
        assert.ok(session !== undefined);
        await receive(session, payload);
        await send(session, data);
        if (opened % 10 === 0) await send(session, data);
        session.close?.();
      }

      assert.ok(contexts.size <= 8, String(contexts.size));
      assert.equal(contexts.promised, inflaterCost(15));
      contexts.sweep();
      contexts.sweep();
      assert.equal(contexts.size, 0);
    });
  });
}
