// The server that pages in browsers talk to.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

import { ConnectionDeny, serve } from 'millrace';

/** What the server of `/flood` sends at most: much more than the buffers on the way hold. */
const FLOOD = 200;

const PAGE = '<!doctype html><title>Millrace</title><script type="module" src="/bundle.js"></script>';

/** A page, the script that it loads, and what it reports. */
export class BrowserSite {
  script = '';
  url = '';
  /** @type {((report: unknown) => void)[]} */
  #waiting = [];
  #flooded = 0;
  #lost = 0;
  #http = createServer((request, response) => void this.#answer(request, response));

  /** @returns {Promise<BrowserSite>} */
  static async start() {
    const site = new BrowserSite();
    await serve({ server: site.#http, onConnect: accept }, (connection) => site.#handle(connection));
    site.#http.listen(0, '127.0.0.1');
    await once(site.#http, 'listening');
    const address = site.#http.address();
    site.url = `http://127.0.0.1:${String(typeof address === 'object' ? address?.port : 0)}/`;
    return site;
  }

  /** @returns {Promise<unknown>} what the page that is opened next has seen */
  nextReport() {
    this.#lost = 0;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  close() {
    this.#http.close();
    this.#http.closeAllConnections();
  }

  /**
   * @param {import('node:http').IncomingMessage} request
   * @param {import('node:http').ServerResponse} response
   */
  async #answer(request, response) {
    if (request.url === '/report') {
      this.#waiting.shift()?.(JSON.parse(await text(request)));
      response.writeHead(204).end();
    } else if (request.url === '/flood-count') {
      response.end(String(this.#flooded));
    } else if (request.url === '/bundle.js') {
      response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(this.script);
    } else {
      response.writeHead(request.url === '/' ? 200 : 404, { 'Content-Type': 'text/html' }).end(PAGE);
    }
  }

  /** @param {import('millrace').WebSocketConnection<string>} connection */
  async #handle(connection) {
    if (connection.context === '/flood') {
      for (this.#flooded = 0; this.#flooded < FLOOD; this.#flooded++) await connection.send(new Uint8Array(500_000));
      return;
    }
    for await (const message of connection) {
      if (connection.context === '/lose' && ++this.#lost < 3) connection.drop();
      else await connection.send(message, { type: message.type });
    }
  }
}

/** @param {import('millrace').ConnectionRequest} request */
function accept({ path, subprotocols }) {
  if (path === '/refuse') throw new ConnectionDeny(ConnectionDeny.FORBIDDEN, 'not you');
  return { context: path, subprotocol: subprotocols.includes('chat') ? 'chat' : undefined };
}
