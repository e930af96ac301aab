import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Agent as HttpsAgent, createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, LookupFunction } from 'node:net';
import { connect as connectTcp, createServer as createTcpServer } from 'node:net';
import { describe, it, type TestContext } from 'node:test';

import { dial, type EstablishedHandshake } from '../../src/client/dial.ts';
import { resolveClientOptions, type ClientOptions } from '../../src/client/options.ts';
import { ConnectionDeny } from '../../src/protocol/handshake/rules/connection-deny.ts';
import { listen } from '../../src/server/listen.ts';
import { resolveServerOptions, type ServerOptions } from '../../src/server/options.ts';
import * as certificates from '../server/certificates.ts';
import { TestHandler } from '../server/handler.ts';

const TLS = { cert: certificates.FOR_LOCALHOST, key: certificates.KEY };
const TRUSTED = { tls: { ca: certificates.CA_CERTIFICATE } };

function connect(url: string, options: ClientOptions = {}): Promise<EstablishedHandshake> {
  return dial(url, resolveClientOptions(options));
}

/** A server that accepts, and what it was asked. */
async function startAccepting(
  t: TestContext,
  options: ServerOptions = {},
  handler = new TestHandler(),
): Promise<{ url: string; handler: TestHandler; host: string }> {
  const listener = await listen(resolveServerOptions({ port: 0, host: '127.0.0.1', ...options }), handler);
  t.after(async () => {
    await listener.close();
    for (const { socket } of handler.connections) socket.destroy();
  });
  const { port } = new URL(listener.url);
  const host = `localhost:${port}`;
  return { url: `${options.tls === undefined ? 'ws' : 'wss'}://${host}`, handler, host };
}

/** A server that answers requests for a connection with something else. */
async function startAnswering(
  t: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  tls?: typeof TLS,
): Promise<{ host: string; url: string; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    requests.push(request);
    answer(request, response);
  };
  const server: Server = tls === undefined ? createServer(onRequest) : createHttpsServer(tls, onRequest);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const host = `localhost:${String((server.address() as AddressInfo).port)}`;
  return { host, url: `${tls === undefined ? 'ws' : 'wss'}://${host}`, requests };
}

function redirecting(location: string, status = 302): (request: IncomingMessage, response: ServerResponse) => void {
  return (_, response) => response.writeHead(status, { location }).end();
}

const SECRETS = { Authorization: 'secret', Cookie: 'secret', 'Proxy-Authorization': 'secret', 'X-Mine': 'kept' };

describe('Redirects', () => {
  it('V005: are not followed unless asked for', async (t) => {
    const { url, handler } = await startAccepting(t);
    const from = await startAnswering(t, redirecting(url));

    await assert.rejects(connect(from.url), { name: 'HandshakeError', message: 'the server answered with status 302' });
    assert.equal(handler.connections.length, 0);
  });

  for (const status of [301, 302, 303, 307, 308]) {
    it(`V005: are followed from ${String(status)}, and leave credentials behind at another origin`, async (t) => {
      const { url, handler } = await startAccepting(t);
      const from = await startAnswering(t, redirecting(`${url}/there?x#top`, status));
      const options = { maxRedirects: 1, headers: SECRETS, subprotocols: ['a'] };

      const established = await connect(from.url.replace('//', '//user:secret@'), options);

      established.socket.destroy();
      assert.equal(established.url, `${url}/there?…`);
      const { headers, target, subprotocols } = handler.connections[0]?.request ?? assert.fail();
      assert.deepEqual([target, subprotocols, headers['x-mine']], ['/there?x', ['a'], 'kept']);
      for (const name of ['authorization', 'cookie', 'proxy-authorization']) assert.equal(headers[name], undefined);
    });
  }

  it('V005: keep credentials at the same origin, and take a Location without one', async (t) => {
    const { requests, url } = await startAnswering(t, (request, response) => {
      if (request.url === '/a/b') response.writeHead(307, { location: '../c?d' }).end();
      else response.writeHead(403).end('no');
    });

    await assert.rejects(connect(`${url}/a/b`, { maxRedirects: 5, headers: SECRETS }), { status: 403 });

    assert.deepEqual([requests[1]?.url, requests[1]?.headers.authorization], ['/c?d', 'secret']);
  });

  it('V005: do not leave TLS, whatever the scheme is called', async (t) => {
    const plain = await startAccepting(t);
    for (const scheme of ['ws', 'http']) {
      const from = await startAnswering(t, redirecting(`${scheme}://${plain.host}/`), TLS);

      await assert.rejects(connect(from.url, { maxRedirects: 5, ...TRUSTED }), {
        name: 'HandshakeError',
        status: 302,
        message: /from TLS to ws.*without it, is not followed|from TLS to http.*without it, is not followed/,
      });
    }
    assert.equal(plain.handler.connections.length, 0);
  });

  it('V029: lead to TLS, whose certificate is checked', async (t) => {
    const { host, url } = await startAccepting(t, { tls: TLS });
    const good = await startAnswering(t, redirecting(`https://${host}/`));
    const bad = await startAnswering(t, redirecting(url.replace('localhost', '127.0.0.1')));

    (await connect(good.url, { maxRedirects: 1, ...TRUSTED })).socket.destroy();
    await assert.rejects(connect(bad.url, { maxRedirects: 1, ...TRUSTED }), { name: 'TransportError' });
  });

  it('V005: end somewhere', async (t) => {
    const loop = await startAnswering(t, redirecting('/'));

    await assert.rejects(connect(loop.url, { maxRedirects: 3 }), /more than maxRedirects, 3 times/);
    assert.equal(loop.requests.length, 4);
  });

  for (const location of ['http://[', 'ws+unix:/tmp/s:/', 'ftp://a/', 'javascript:alert(1)']) {
    it(`V005: are not followed to ${location}`, async (t) => {
      const { url } = await startAnswering(t, redirecting(location));

      await assert.rejects(connect(url, { maxRedirects: 1 }), { name: 'HandshakeError', status: 302 });
    });
  }

  it('V026: count for the one deadline', async (t) => {
    const slow = await startAnswering(t, (_, response) => {
      setTimeout(() => response.writeHead(302, { location: '/' }).end(), 60);
    });

    await assert.rejects(connect(slow.url, { maxRedirects: 100, handshakeTimeout: 200 }), /handshakeTimeout|302/);
    assert.ok(slow.requests.length < 6);
  });
});

describe('onUnauthorized', () => {
  it('answers a challenge once, with all that the server said', async (t) => {
    const front = await startAnswering(t, (_, response) => {
      response.setHeader('WWW-Authenticate', ['Basic realm="a"', 'Bearer']).writeHead(401).end('who?');
    });
    const asked: unknown[] = [];
    const onUnauthorized = async ({
      challenges,
      url: where,
    }: {
      challenges: readonly string[];
      url: string;
    }): Promise<string> => {
      asked.push(challenges, where);
      return Promise.resolve('Bearer token');
    };

    await assert.rejects(
      connect(`${front.url}/a?secret`, { onUnauthorized, headers: { Authorization: 'old', 'X-A': '1' } }),
      {
        status: 401,
      },
    );

    assert.deepEqual(asked, [['Basic realm="a"', 'Bearer'], `${front.url}/a?…`]);
    assert.deepEqual(
      front.requests.map(({ headers }) => [headers.authorization, headers['x-a']]),
      [
        ['old', '1'],
        ['Bearer token', '1'],
      ],
    );
  });

  it('gets in', async (t) => {
    const handler = new TestHandler(({ headers }) => {
      if (headers['authorization'] === 'Bearer token') return { context: '' };
      throw new ConnectionDeny(401, 'who?', { 'WWW-Authenticate': 'Bearer' });
    });
    const { url } = await startAccepting(t, {}, handler);

    const { socket } = await connect(url, { onUnauthorized: ({ challenges }) => `${String(challenges[0])} token` });

    socket.destroy();
    assert.equal(handler.connections.length, 1);
  });

  it('may give up, fail, or answer nonsense', async (t) => {
    const { url } = await startAnswering(t, (_, response) => response.writeHead(401).end());
    const error = new Error('mine');

    await assert.rejects(connect(url, { onUnauthorized: () => undefined }), { status: 401 });
    await assert.rejects(connect(url, { onUnauthorized: () => Promise.reject(error) }), error);
    await assert.rejects(connect(url, { onUnauthorized: () => 'x\r\nX-Inj: 1' }), /cannot be an Authorization header/);
    await assert.rejects(
      connect(url, { onUnauthorized: () => new Promise(() => undefined), handshakeTimeout: 50 }),
      /handshakeTimeout/,
    );
  });
});

describe('An agent', () => {
  it('brings the connection, with TLS where the URL says so', async (t) => {
    const plain = await startAccepting(t);
    const encrypted = await startAccepting(t, { tls: TLS });
    const agents = [new Agent({ keepAlive: true }), new HttpsAgent({ keepAlive: true })];
    t.after(() => agents.forEach((agent) => agent.destroy()));

    for (const [index, { url, handler }] of [plain, encrypted].entries()) {
      const { socket } = await connect(url, { agent: agents[index], ...TRUSTED });
      socket.destroy();
      assert.equal(handler.connections.length, 1);
    }
  });

  it('is given up with the handshake', async (t) => {
    const silent = createTcpServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    t.after(() => silent.close());
    const { port } = silent.address() as AddressInfo;
    const agent = new Agent();
    const brought: { destroyed: boolean }[] = [];
    Object.assign(agent, {
      createConnection: () => {
        const socket = connectTcp(port, '127.0.0.1');
        socket.on('error', () => undefined);
        brought.push(socket);
        return socket;
      },
    });

    await assert.rejects(connect('ws://a/', { agent, handshakeTimeout: 50 }), /handshakeTimeout/);

    assert.equal(brought[0]?.destroyed, true);
  });
});

describe('A name with several addresses', () => {
  it('is tried at each, and the error says what each of them said', async (t) => {
    const { url, handler } = await startAccepting(t);
    const { port } = new URL(url);
    const families: unknown[] = [];
    const lookup: LookupFunction = (_, options, done) => {
      families.push(options.all);
      done(null, [
        { address: '::1', family: 6 },
        { address: '127.0.0.1', family: 4 },
      ]);
    };

    (await connect(`ws://two.example:${port}/`, { lookup })).socket.destroy();
    await assert.rejects(connect('ws://user:secret@two.example:1/?secret', { lookup }), (error) => {
      assert.ok(error instanceof Error);
      assert.match(
        error.message,
        /^no connection to ws:\/\/two\.example:1\/\?…: connect E\w+ ::1:1.*; connect ECONNREFUSED 127\.0\.0\.1:1$/,
      );
      return true;
    });

    assert.equal(handler.connections.length, 1);
    assert.deepEqual(families, [true, true]);
  });
});
