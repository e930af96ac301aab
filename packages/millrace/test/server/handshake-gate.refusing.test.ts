import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { createDeferred } from '../../src/engine/deferred.ts';
import { brand, HandshakeError } from '../../src/protocol/base/errors.ts';
import { ConnectionDeny } from '../../src/protocol/handshake/rules/connection-deny.ts';
import { HandshakeServer } from '../../src/server/handshake-server.ts';
import { resolveServerOptions } from '../../src/server/options.ts';
import type { ServerOptions } from '../../src/server/options.ts';
import { TestHandler } from './handler.ts';
import { parseResponse, requestText, Wire } from './wire.ts';

const OFFER = requestText();

function connect(handler: TestHandler, options: ServerOptions = {}): { wire: Wire } {
  const wire = new Wire();
  new HandshakeServer(resolveServerOptions({ port: 0, ...options }), handler).handleConnection(wire);
  return { wire };
}

describe('HandshakeGate, refusing,', () => {
  it('says nothing of what another server has refused', async () => {
    const error = new HandshakeError('secret', { status: 401, headers: { 'set-cookie': 'secret' }, body: 'secret' });
    const handler = new TestHandler(() => {
      throw error;
    });
    const { wire } = connect(handler);

    wire.feed(OFFER);
    const answer = await wire.answered();

    assert.equal(parseResponse(answer).status, 500);
    assert.doesNotMatch(answer, /secret/);
    assert.deepEqual(handler.errors, [error]);
    await wire.discard();
  });

  it('answers what a ConnectionDeny of another copy of this package says', async () => {
    class TheirDeny extends Error {
      static {
        brand(this, 'ConnectionDeny');
      }
      readonly status = 403;
      readonly reason = 'not you';
      readonly headers = {};
    }
    const handler = new TestHandler(() => {
      throw new TheirDeny();
    });
    const { wire } = connect(handler);

    wire.feed(OFFER);

    assert.deepEqual([parseResponse(await wire.answered()).status, handler.errors], [403, []]);
    await wire.discard();
  });

  it('tells onRefused of each handshake that was not accepted, once', async () => {
    const told: unknown[] = [];
    const options: ServerOptions = {
      onRefused: ({ status, error, request, peer }) => told.push([status, error.name, request?.path, peer]),
    };
    const asked = createDeferred<undefined>();
    const waiting = new TestHandler(() => {
      asked.resolve(undefined);
      return new Promise(() => undefined);
    });
    const denying = new TestHandler(() => {
      throw new ConnectionDeny(403);
    });
    const failing = new TestHandler(() => {
      throw new Error('mine');
    });
    for (const handler of [new TestHandler(), denying, failing]) {
      const { wire } = connect(handler, options);
      wire.feed(handler === denying || handler === failing ? OFFER : requestText({ 'Sec-WebSocket-Version': '8' }));
      await wire.answered();
      await wire.discard();
    }
    const { wire } = connect(waiting, options);
    wire.feed(OFFER);
    await asked.promise;
    await wire.discard();
    await new Promise(setImmediate);

    assert.deepEqual(told, [
      [426, 'HandshakeError', undefined, ''],
      [403, 'ConnectionDeny', '/chat', ''],
      [500, 'Error', '/chat', ''],
      [undefined, 'TransportError', '/chat', ''],
    ]);
  });
});
