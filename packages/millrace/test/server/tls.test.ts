import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { connect as connectTls, createSecureContext, type ConnectionOptions, type TLSSocket } from 'node:tls';

import { listen } from '../../src/server/listen.ts';
import type { Listener } from '../../src/server/listener.ts';
import { resolveServerOptions } from '../../src/server/options.ts';
import type { ServerOptions } from '../../src/server/options.ts';
import * as certificates from './certificates.ts';
import { TestHandler } from './handler.ts';
import { portOf } from './peers.ts';
import { requestText } from './wire.ts';

const { CA_CERTIFICATE, FOR_ADDRESS, FOR_LOCALHOST, KEY } = certificates;
const TLS = { cert: FOR_LOCALHOST, key: KEY };

async function start(t: TestContext, options: ServerOptions, handler = new TestHandler()): Promise<Listener> {
  const listener = await listen(resolveServerOptions({ port: 0, host: '127.0.0.1', ...options }), handler);
  t.after(async () => {
    await listener.close();
    for (const { socket } of handler.connections) socket.destroy();
  });
  return listener;
}

/** Does an opening handshake over TLS. */
async function open(t: TestContext, listener: Listener, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connectTls({ port: portOf(listener), host: '127.0.0.1', rejectUnauthorized: false, ...options });
  t.after(() => socket.destroy());
  await once(socket, 'secureConnect');
  socket.write(requestText());
  assert.match(String(await once(socket, 'data')), /^HTTP\/1\.1 101 /);
  return socket;
}

describe('TLS of a server', () => {
  it('gets another certificate, and leaves open connections alone', async (t) => {
    const handler = new TestHandler();
    const listener = await start(t, { tls: TLS }, handler);
    const before = await open(t, listener);

    listener.setTls({ cert: FOR_ADDRESS, key: KEY });
    const after = await open(t, listener);

    assert.match(before.getPeerCertificate().subjectaltname ?? '', /localhost/);
    assert.match(after.getPeerCertificate().subjectaltname ?? '', /127\.0\.0\.1/);
    handler.connections[0]?.socket.write('still there');
    assert.equal(String(await once(before, 'data')), 'still there');
  });

  it('keeps the certificate it has where the other one is wrong', async (t) => {
    const listener = await start(t, { tls: TLS });
    const wrong = [
      { cert: 'x', key: KEY },
      { cert: FOR_ADDRESS, key: 'x' },
      { cert: CA_CERTIFICATE, key: KEY },
    ];

    for (const tls of wrong)
      assert.throws(() => listener.setTls(tls), { name: 'LocalUsageError', message: /certificate/ });

    assert.match((await open(t, listener)).getPeerCertificate().subjectaltname ?? '', /localhost/);
  });

  it('has a certificate only where it is ours to set', async (t) => {
    const plain = await start(t, {});
    const attached = await listen(resolveServerOptions({ server: createServer() }), new TestHandler());

    for (const listener of [plain, attached]) assert.throws(() => listener.setTls(TLS), { name: 'LocalUsageError' });
    await attached.close();
  });

  it('shares session tickets with other servers that have the same keys, also with another certificate, until they are rotated', async (t) => {
    const ticketKeys = Buffer.alloc(48, 7);
    const [one, other] = [
      await start(t, { tls: { ...TLS, ticketKeys, maxVersion: 'TLSv1.2' } }),
      await start(t, { tls: { ...TLS, ticketKeys, maxVersion: 'TLSv1.2' } }),
    ];
    const session = (await open(t, one)).getSession();
    assert.ok(session);

    assert.equal((await open(t, other, { session })).isSessionReused(), true);
    other.setTls({ cert: FOR_ADDRESS, key: KEY });
    assert.equal((await open(t, other, { session })).isSessionReused(), true);
    other.setTls({ cert: FOR_ADDRESS, key: KEY, ticketKeys: Buffer.alloc(48, 8) });
    assert.equal((await open(t, other, { session })).isSessionReused(), false);
  });

  it('keeps session tickets valid where nobody has set their keys', async (t) => {
    const listener = await start(t, { tls: { ...TLS, maxVersion: 'TLSv1.2' } });
    const session = (await open(t, listener)).getSession();
    assert.ok(session);

    listener.setTls({ cert: FOR_ADDRESS, key: KEY });

    assert.equal((await open(t, listener, { session })).isSessionReused(), true);
  });

  it('tells the application of the client: its certificate, and the name it asks for', async (t) => {
    const handler = new TestHandler();
    const listener = await start(
      t,
      { tls: { ...TLS, requestCert: true, rejectUnauthorized: false, ca: CA_CERTIFICATE } },
      handler,
    );

    await open(t, listener, { cert: FOR_LOCALHOST, key: KEY, servername: 'localhost' });
    await open(t, listener);
    await open(t, listener, { cert: certificates.SELF_SIGNED, key: KEY });

    const [known, none, unknown] = handler.connections.map(({ request }) => request.tls ?? assert.fail());
    assert.ok(known && none && unknown);
    assert.deepEqual(
      [known.authorized, known.authorizationError, known.certificate?.subject['CN'], known.servername],
      [true, undefined, 'localhost', 'localhost'],
    );
    assert.match(known.certificate?.fingerprint256 ?? '', /^([0-9A-F]{2}:){31}/);
    assert.deepEqual(
      [none.authorized, none.authorizationError, none.certificate, none.servername],
      [false, undefined, undefined, undefined],
    );
    assert.deepEqual([unknown.authorized, typeof unknown.authorizationError], [false, 'string']);
    assert.match(known.protocol, /^TLSv1/);
    assert.ok(Object.isFrozen(known) && Object.isFrozen(known.certificate));
  });

  it('lets nobody in without a certificate where one is demanded', async (t) => {
    const handler = new TestHandler();
    const listener = await start(
      t,
      { tls: { ...TLS, requestCert: true, rejectUnauthorized: true, ca: CA_CERTIFICATE } },
      handler,
    );

    await assert.rejects(open(t, listener, { maxVersion: 'TLSv1.2' }));

    assert.equal(handler.connections.length, 0);
  });

  it('chooses the certificate by the name that a client asks for', async (t) => {
    const other = createSecureContext({ cert: FOR_ADDRESS, key: KEY });
    const tls = {
      ...TLS,
      SNICallback: (name: string, done: (error: Error | null, context?: typeof other) => void): void =>
        done(null, name === 'other.example' ? other : undefined),
    };
    const listener = await start(t, { tls });

    const names = await Promise.all(
      ['other.example', 'localhost'].map(async (servername) => {
        return (await open(t, listener, { servername })).getPeerCertificate().subjectaltname;
      }),
    );

    assert.match(names.join(' '), /127\.0\.0\.1.*localhost/);
  });
});
