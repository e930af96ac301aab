// What is tried on each runtime: copied beside an installed Millrace, and run there. Each task throws when something is wrong.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';

/** @typedef {typeof import('millrace')} Millrace */

const PAYLOAD = new Uint8Array(3_000_000).map((_, index) => (index * 31) ^ (index >> 8));

/** @type {Record<string, (millrace: Millrace) => Promise<void>>} */
const TASKS = {
  async port({ WebSocketServerFactory, WebSocketServerProtocol, connect, listenWS, serve }) {
    const options = { port: 0, host: '127.0.0.1' };
    const iterating = await serve(options, echo);
    await converse(await connect(iterating.url));
    await iterating.close();

    const calling = await serve(options, { message: (connection, data) => connection.send(data) });
    await converse(await connect(calling.url));
    await calling.close();

    class Echo extends WebSocketServerProtocol {
      /** @override @param {string | Uint8Array} payload */
      onMessage(payload) {
        this.sendMessage(payload);
      }
    }
    const listener = await listenWS(new WebSocketServerFactory('ws://127.0.0.1:0', { protocol: Echo }));
    await converse(await connect(listener.url));
    await listener.close();
  },

  async http(millrace) {
    await attach(millrace, createHttpServer(answerPage), 'http');
  },

  async https(millrace) {
    await attach(millrace, createHttpsServer(readCertificate(), answerPage), 'https');
  },

  async wssClient({ connect }) {
    await converse(await connect(process.env['WSS_URL'] ?? '', { tls: { ca: readCertificate().cert } }));
  },

  async wssServer({ connect, serve }) {
    const server = await serve({ port: 0, host: '127.0.0.1', tls: readCertificate() }, echo);
    await converse(await connect(`wss://localhost:${server.port ?? 0}`, { tls: { ca: readCertificate().cert } }));
    await server.close();
  },

  /** Says where it is, and stays until it is killed. */
  async stayingWssServer({ serve }) {
    const server = await serve({ port: 0, host: '127.0.0.1', tls: readCertificate() }, echo);
    console.log(`wss://localhost:${server.port ?? 0}`);
  },
};

/**
 * Does one task.
 *
 * @param {Millrace} millrace
 * @param {string} name
 */
export async function run(millrace, name) {
  const task = TASKS[name];
  if (task === undefined) throw new Error(`no task ${name}`);
  await task(millrace);
}

/** @param {import('millrace').WebSocketConnection<any>} connection */
async function echo(connection) {
  for await (const message of connection) await connection.send(message, { type: message.type });
}

/** @param {import('millrace').WebSocketConnection} connection to something that sends back what it gets */
async function converse(connection) {
  await connection.send('Grüße 👋');
  assert.equal(await (await connection.receive())?.text(), 'Grüße 👋');

  const sent = connection.send(PAYLOAD);
  let size = 0;
  for await (const chunk of (await connection.receive()) ?? []) {
    assert.ok(Buffer.from(chunk).equals(PAYLOAD.subarray(size, size + chunk.length)));
    size += chunk.length;
  }
  assert.equal(size, PAYLOAD.length);
  await sent;

  assert.ok((await connection.ping()) >= 0);
  const closure = await connection.close();
  assert.equal(closure.wasClean, true, closure.reason);
  assert.equal(closure.code, 1000);
}

/**
 * Serves pages and connections on one port.
 *
 * @param {Millrace} millrace
 * @param {import('node:http').Server | import('node:https').Server} httpServer
 * @param {'http' | 'https'} scheme
 */
async function attach({ connect, serve }, httpServer, scheme) {
  httpServer.listen(0, '127.0.0.1');
  await once(httpServer, 'listening');
  const server = await serve({ server: httpServer, path: '/live' }, echo);
  const address = httpServer.address();
  const place = `localhost:${typeof address === 'object' ? (address?.port ?? 0) : 0}`;
  const webSocketScheme = scheme === 'http' ? 'ws' : 'wss';
  const options = scheme === 'http' ? {} : { tls: { ca: readCertificate().cert } };

  if (scheme === 'http') assert.equal(await (await fetch(`http://${place}/`)).text(), 'a page');
  await converse(await connect(`${webSocketScheme}://${place}/live`, options));
  await assert.rejects(connect(`${webSocketScheme}://${place}/elsewhere`, options), { status: 404 });
  await server.close();
  httpServer.close();
  httpServer.closeAllConnections();
}

/** @type {import('node:http').RequestListener} */
function answerPage(_request, response) {
  response.end('a page');
}

/** @returns {{ cert: string, key: string }} */
function readCertificate() {
  return { cert: readFileSync('cert.pem', 'utf8'), key: readFileSync('key.pem', 'utf8') };
}
