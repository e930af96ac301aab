import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { HandshakeError, LocalUsageError, TransportError } from '../../src/protocol/base/errors.ts';
import { ConnectionDeny } from '../../src/protocol/handshake/rules/connection-deny.ts';
import type { Decision } from '../../src/server/handshake-handler.ts';
import { HandshakeServer } from '../../src/server/handshake-server.ts';
import { resolveServerOptions } from '../../src/server/options.ts';
import type { ServerOptions } from '../../src/server/options.ts';
import { TestHandler } from './handler.ts';
import { parseResponse, requestText, Wire } from './wire.ts';

function connect(handler: TestHandler, options: ServerOptions = {}): { server: HandshakeServer<string>; wire: Wire } {
  const server = new HandshakeServer(resolveServerOptions({ port: 0, ...options }), handler);
  const wire = new Wire();
  server.handleConnection(wire);
  return { server, wire };
}

/** A decision that the test makes when it likes. */
class Later {
  resolve!: (decision: Decision<string>) => void;
  reject!: (error: unknown) => void;
  asked!: () => void;
  readonly wasAsked = new Promise<void>((resolve) => (this.asked = resolve));
  readonly handler = new TestHandler(() => {
    this.asked();
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  });
}

const OFFER = requestText({ 'Sec-WebSocket-Protocol': 'a, b', 'Sec-WebSocket-Extensions': 'foo; x, bar' });

describe('HandshakeGate', () => {
  describe('lets the application decide', () => {
    it('hands over socket, request and what was agreed, after the response', async () => {
      const headers = { 'X-Mine': '1' };
      const handler = new TestHandler(() => ({ subprotocol: 'b', extensions: 'foo; x', headers, context: 'mine' }));
      const { wire } = connect(handler, { headers: { 'X-All': '2' } });
      let before: string | undefined;
      handler.accepted = (handshake) => {
        before = wire.written;
        handler.connections.push(handshake);
      };

      wire.feed(OFFER);
      const answer = await wire.answered();

      assert.match(
        answer,
        /\r\nSec-WebSocket-Protocol: b\r\nSec-WebSocket-Extensions: foo; x\r\nX-All: 2\r\nX-Mine: 1\r\n\r\n$/,
      );
      assert.equal(before, answer);
      const [{ socket, head, request, subprotocol, extensions, context } = assert.fail()] = handler.connections;
      assert.equal(socket, wire);
      assert.deepEqual([head.length, subprotocol, extensions, context], [0, 'b', 'foo; x', 'mine']);
      assert.equal(request.path, '/chat');
      await wire.discard();
    });

    const choices: [name: string, supported: string[], decided: string | undefined, chosen: string | undefined][] = [
      ['the one that the client prefers', ['b', 'a'], undefined, 'a'],
      ['the only one in common', ['x', 'b'], undefined, 'b'],
      ['none, if there is none in common', ['x'], undefined, undefined],
      ['none, if it speaks none', [], undefined, undefined],
      ['what the application says', ['a', 'b'], 'b', 'b'],
    ];
    for (const [name, subprotocols, subprotocol, chosen] of choices) {
      it(`chooses ${name}`, async () => {
        const handler = new TestHandler(() => ({ subprotocol, context: '' }));
        const { wire } = connect(handler, { subprotocols });

        wire.feed(OFFER);
        const { headers } = parseResponse(await wire.answered());

        assert.equal(headers.get('sec-websocket-protocol'), chosen);
        assert.equal(handler.connections[0]?.subprotocol, chosen);
        await wire.discard();
      });
    }

    it('waits for a promise', async () => {
      const later = new Later();
      const { wire } = connect(later.handler);

      wire.feed(OFFER);
      await later.wasAsked;
      assert.equal(wire.written, '');
      later.resolve({ subprotocol: 'a', context: '' });

      assert.equal(parseResponse(await wire.answered()).status, 101);
      await wire.discard();
    });

    for (const async of [false, true]) {
      const when = async ? 'later' : 'at once';
      const fail = (error: Error) => (): Promise<never> => {
        if (async) return Promise.reject(error);
        throw error;
      };

      it(`answers what a ConnectionDeny says, thrown ${when}`, async () => {
        const deny = new ConnectionDeny(ConnectionDeny.TOO_MANY_REQUESTS, 'slow down', { 'Retry-After': '5' });
        const handler = new TestHandler(fail(deny));
        const { wire } = connect(handler);

        wire.feed(OFFER);
        const { status, headers, body } = parseResponse(await wire.answered());

        assert.deepEqual(
          [status, headers.get('retry-after'), headers.get('connection'), body],
          [429, '5', 'close', 'slow down\n'],
        );
        assert.equal(handler.refusals[0]?.error, deny);
        assert.equal(handler.refusals[0].request?.path, '/chat');
        assert.deepEqual(handler.errors, []);
        await wire.discard();
      });

      it(`answers any other error with 500 and no details, and reports it, thrown ${when}`, async () => {
        const error = new Error('secret');
        const handler = new TestHandler(fail(error));
        const { wire } = connect(handler);

        wire.feed(OFFER);
        const answer = await wire.answered();

        assert.equal(parseResponse(answer).status, 500);
        assert.doesNotMatch(answer, /secret/);
        assert.deepEqual(handler.errors, [error]);
        await wire.discard();
      });
    }

    it('reports what is thrown and is no error', async () => {
      const handler = new TestHandler(() => {
        throw 'text' as unknown as Error;
      });
      const { wire } = connect(handler);

      wire.feed(OFFER);
      await wire.answered();

      assert.match(handler.errors[0]?.message ?? '', /text/);
      await wire.discard();
    });

    it('reports what is thrown and cannot even be written as text', async () => {
      const thrown: unknown = Object.create(null);
      const handler = new TestHandler(() => {
        throw thrown as Error;
      });
      const { wire } = connect(handler);

      wire.feed(OFFER);
      const { status } = parseResponse(await wire.answered());

      assert.equal(status, 500);
      assert.equal(handler.errors[0]?.cause, thrown);
      await wire.discard();
    });

    const misuses: [name: string, decision: object][] = [
      ['V008: a subprotocol with a line break', { subprotocol: 'a\r\nX-Inj: 1' }],
      ['a subprotocol that was not offered', { subprotocol: 'c' }],
      ['an extension that was not offered', { extensions: 'baz' }],
      ['V008: extensions with a line break', { extensions: 'foo\r\nX-Inj: 1' }],
      ['V009: a header with a line break', { headers: { A: '1\r\nX-Inj: 1' } }],
      ['V007: a header that is an object', { headers: { A: { toString: () => '1\r\nX-Inj: 1' } } }],
      ['a header of the handshake', { headers: { 'Sec-WebSocket-Accept': 'x' } }],
    ];
    for (const [name, decision] of misuses) {
      it(`does not send ${name}, but 500, and reports it`, async () => {
        const handler = new TestHandler(() => ({ ...decision, context: '' }));
        const { wire } = connect(handler);

        wire.feed(OFFER);
        const answer = await wire.answered();

        assert.equal(parseResponse(answer).status, 500);
        assert.doesNotMatch(answer, /X-Inj/);
        assert.ok(handler.errors[0] instanceof LocalUsageError);
        assert.equal(handler.connections.length, 0);
        await wire.discard();
      });
    }

    const denials: [name: string, deny: ConnectionDeny][] = [
      ['V008: a header with a line break', new ConnectionDeny(403, '', { A: '1\r\nX-Inj: 1' })],
      ['a status that accepts', new ConnectionDeny(101)],
      ['a header that frames the body', new ConnectionDeny(403, '', { 'Content-Length': '0' })],
    ];
    for (const [name, deny] of denials) {
      it(`does not refuse with ${name}, but with 500, and reports it`, async () => {
        const handler = new TestHandler(() => {
          throw deny;
        });
        const { wire } = connect(handler);

        wire.feed(OFFER);
        const answer = await wire.answered();

        assert.equal(parseResponse(answer).status, 500);
        assert.doesNotMatch(answer, /X-Inj/);
        assert.ok(handler.errors[0] instanceof LocalUsageError);
        await wire.discard();
      });
    }
  });

  describe('waits for a decision while the peer', () => {
    it('goes away: the socket is destroyed, the decision is not used', async () => {
      const later = new Later();
      const { wire } = connect(later.handler);
      wire.feed(OFFER);
      await later.wasAsked;

      wire.push(null);
      await wire.gone();
      later.resolve({ context: '' });
      await later.handler.settled(1);

      assert.equal(wire.written, '');
      assert.ok(later.handler.refusals[0]?.error instanceof TransportError);
      assert.equal(later.handler.refusals[0].request?.path, '/chat');
      assert.equal(later.handler.connections.length, 0);
    });

    it('goes away: an error of the decision is not answered, but reported', async () => {
      const later = new Later();
      const { wire } = connect(later.handler);
      wire.feed(OFFER);
      await later.wasAsked;

      wire.destroy(new Error('ECONNRESET'));
      await wire.gone();
      later.reject(new Error('too late'));
      await new Promise(setImmediate);

      assert.deepEqual(
        later.handler.errors.map(({ message }) => message),
        ['too late'],
      );
      assert.equal(later.handler.refusals.length, 1);
    });

    it('is being torn down: a denial does no harm', async () => {
      const later = new Later();
      const { wire } = connect(later.handler);
      wire.feed(OFFER);
      await later.wasAsked;

      later.reject(new ConnectionDeny(403));
      wire.destroy();
      await later.handler.settled(1);

      assert.equal(wire.written, '');
      assert.ok(later.handler.refusals[0]?.error instanceof ConnectionDeny);
      await wire.gone();
    });

    it('sends bytes: they are handed over in order', async () => {
      const later = new Later();
      const { wire } = connect(later.handler);
      wire.feed(`${OFFER}one `);
      await later.wasAsked;
      wire.feed('two ', 'three ');
      await new Promise(setImmediate);
      wire.feed('four ');

      later.resolve({ context: '' });
      await wire.answered();

      const [connection] = later.handler.connections;
      assert.ok(connection);
      let received = Buffer.from(connection.head).toString();
      wire.on('data', (chunk: Buffer) => (received += chunk.toString()));
      wire.feed('five');
      wire.push(null);
      await once(wire, 'end');
      assert.equal(received, 'one two three four five');
      await wire.discard();
    });

    it('sends bytes and ends: both are handed over', async () => {
      const later = new Later();
      const { wire } = connect(later.handler);
      wire.feed(OFFER);
      await later.wasAsked;
      wire.feed('last words');
      wire.push(null);
      await new Promise(setImmediate);

      later.handler.accepted = (handshake) => {
        later.handler.connections.push(handshake);
        wire.resume();
      };
      const end = once(wire, 'end');
      later.resolve({ context: '' });
      await end;

      assert.equal(Buffer.from(later.handler.connections[0]?.head ?? []).toString(), 'last words');
      await wire.discard();
    });

    it('floods: what is kept is bounded', async () => {
      const later = new Later();
      const { wire } = connect(later.handler);
      wire.feed(OFFER);
      await later.wasAsked;

      let taken = 0;
      while (wire.push(Buffer.alloc(1024))) taken++;
      await new Promise(setImmediate);

      assert.ok(taken <= 64);
      assert.ok(wire.readableLength >= taken * 1024);
      await wire.discard();
    });

    it('breaks the socket: no error is left without a listener', async () => {
      for (const at of [0, 10, OFFER.length - 1, OFFER.length]) {
        const { wire } = connect(new Later().handler);
        wire.feed(OFFER.slice(0, at));
        await new Promise(setImmediate);

        wire.destroy(new Error('ECONNRESET'));
        await wire.gone();
      }
    });
  });

  describe('keeps one absolute deadline', () => {
    it('answers 408 to a peer that says nothing', async (t) => {
      t.mock.timers.enable({ apis: ['setTimeout'] });
      const handler = new TestHandler();
      const { wire } = connect(handler, { handshakeTimeout: 5000 });

      t.mock.timers.tick(4999);
      assert.equal(wire.written, '');
      t.mock.timers.tick(100); // an alarm may ring a little late

      assert.equal(parseResponse(await wire.answered()).status, 408);
      assert.ok(handler.refusals[0]?.error instanceof HandshakeError);
      await wire.discard();
    });

    it('V026: answers 408 to a peer that drips its request, whatever it sends', async (t) => {
      t.mock.timers.enable({ apis: ['setTimeout'] });
      const { wire } = connect(new TestHandler());
      const request = requestText({ 'X-A': 'x'.repeat(1000) });

      for (let at = 0; at < 100; at++) {
        wire.feed(request.slice(at, at + 1));
        await new Promise(setImmediate);
        t.mock.timers.tick(102);
      }

      assert.equal(parseResponse(await wire.answered()).status, 408);
      wire.feed(request.slice(100));
      wire.push(null);
      await wire.gone();
      assert.equal(parseResponse(wire.written).rest, '');
    });

    it('answers 503 where the application takes too long', async (t) => {
      t.mock.timers.enable({ apis: ['setTimeout'] });
      const later = new Later();
      const { wire } = connect(later.handler);
      wire.feed(OFFER);
      await later.wasAsked;

      t.mock.timers.tick(10_200);
      later.resolve({ context: '' });

      assert.equal(parseResponse(await wire.answered()).status, 503);
      assert.equal(later.handler.connections.length, 0);
      await wire.discard();
    });

    it('leaves a connection alone once it is accepted', async (t) => {
      t.mock.timers.enable({ apis: ['setTimeout'] });
      const { wire } = connect(new TestHandler());
      wire.feed(OFFER);
      await wire.answered();

      t.mock.timers.tick(1_000_000);
      t.mock.timers.tick(1_000_000); // a refused peer would be given a moment

      assert.equal(wire.destroyed, false);
      await wire.discard();
    });

    it('has none where handshakeTimeout is Infinity', async (t) => {
      t.mock.timers.enable({ apis: ['setTimeout'] });
      const { wire } = connect(new TestHandler(), { handshakeTimeout: Infinity });

      t.mock.timers.tick(86_400_000);

      assert.equal(wire.written, '');
      await wire.discard();
    });
  });

  describe('limits', () => {
    it('connections: further ones are answered with 503 before they are parsed', async () => {
      const handler = new TestHandler();
      const { server, wire } = connect(handler, { maxConnections: 1 });
      wire.feed(OFFER);
      await wire.answered();
      assert.equal(server.connections, 1);

      const second = new Wire();
      server.handleConnection(second);
      assert.equal(parseResponse(await second.answered()).status, 503);
      wire.destroy();
      await wire.gone();
      assert.equal(server.connections, 0);

      const third = new Wire();
      server.handleConnection(third);
      third.feed(OFFER);
      assert.equal(parseResponse(await third.answered()).status, 101);
      for (const one of [second, third]) await one.discard();
    });

    it('connections: of several handshakes under way, only as many as allowed are accepted', async () => {
      const { server, wire } = connect(new TestHandler(), { maxConnections: 1 });
      const second = new Wire();
      server.handleConnection(second);

      wire.feed(OFFER);
      second.feed(OFFER);

      assert.equal(parseResponse(await wire.answered()).status, 101);
      assert.equal(parseResponse(await second.answered()).status, 503);
      for (const one of [wire, second]) await one.discard();
    });

    it('handshakes under way', async () => {
      const { server, wire } = connect(new TestHandler(), { maxPendingHandshakes: 1 });
      const second = new Wire();
      server.handleConnection(second);
      const answer = parseResponse(await second.answered());
      second.destroy();
      await second.gone();

      wire.feed(OFFER);
      await wire.answered();
      const third = new Wire();
      server.handleConnection(third);
      third.feed(OFFER);

      assert.equal(answer.status, 503);
      assert.match(answer.body, /maxPendingHandshakes, 1/);
      assert.equal(parseResponse(await third.answered()).status, 101);
      for (const one of [wire, third]) await one.discard();
    });
  });

  describe('closes', () => {
    it('handshakes under way, and keeps connections', async () => {
      const later = new Later();
      const { server, wire } = connect(later.handler);
      const silent = new Wire();
      server.handleConnection(silent);
      wire.feed(OFFER);
      await later.wasAsked;
      later.resolve({ context: '' });
      await wire.answered();

      await server.close();
      await silent.gone();
      const late = new Wire();
      server.handleConnection(late);

      assert.equal(parseResponse(await late.answered()).status, 503);
      assert.equal(wire.destroyed, false);
      for (const one of [wire, late]) await one.discard();
    });
  });

  describe('survives a façade', () => {
    it('that throws as it takes a connection over', async () => {
      const handler = new TestHandler();
      const error = new Error('mine');
      handler.accepted = () => {
        throw error;
      };
      const { server, wire } = connect(handler);

      wire.feed(OFFER);
      await wire.gone();

      assert.deepEqual(handler.errors, [error]);
      assert.equal(server.connections, 0);
    });

    it('that throws as it hears of a refusal', async () => {
      const handler = new TestHandler();
      const error = new Error('mine');
      handler.refused = () => {
        throw error;
      };
      const { wire } = connect(handler);

      wire.feed(requestText({ Host: '[' }));
      await wire.answered();

      assert.deepEqual(handler.errors, [error]);
      await wire.discard();
    });

    for (const missing of [true, false]) {
      it(`that ${missing ? 'has no callback for errors' : 'throws as it hears of an error'}: a process warning`, async () => {
        const handler = new TestHandler(() => {
          throw new Error(missing ? 'of the application' : 'of no interest');
        });
        Object.assign(handler, {
          error: missing ? undefined : () => assert.fail('of the callback'),
          refused: undefined,
        });
        const { wire } = connect(handler);
        const warning = once(process, 'warning');

        wire.feed(OFFER);
        const [{ message }] = (await warning) as [Error];

        assert.equal(message, missing ? 'of the application' : 'of the callback');
        await wire.discard();
      });
    }
  });

  it('V028: warns once of refused origins, with origin, host and option', async () => {
    const handler = new TestHandler();
    const { server, wire } = connect(handler);
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);

    const wires = [wire, new Wire()];
    if (wires[1] !== undefined) server.handleConnection(wires[1]);
    for (const one of wires) {
      one.feed(requestText({ Origin: 'http://evil.com' }));
      await one.answered();
      await one.discard();
    }
    await new Promise(setImmediate);
    process.off('warning', onWarning);

    assert.equal(warnings.length, 1);
    for (const word of ['http://evil.com', 'server.example.com', 'allowedOrigins']) {
      assert.ok(warnings[0]?.message.includes(word));
    }
  });

  it('does not keep the HTTP request, nor its own bookkeeping of it', async () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const collected = new Set<string>();
    const registry = new FinalizationRegistry((name: string) => collected.add(name));
    const handler = new TestHandler((request) => {
      registry.register(request, 'request');
      registry.register(request.headers, 'headers');
      return { context: '' };
    });
    handler.accepted = () => undefined;
    const { wire } = connect(handler);
    wire.feed(OFFER);
    await wire.answered();

    for (let round = 0; round < 50 && collected.size < 2; round++) {
      gc();
      await new Promise(setImmediate);
    }

    assert.deepEqual([...collected].sort(), ['headers', 'request']);
    assert.equal(wire.destroyed, false);
    await wire.discard();
  });
});
