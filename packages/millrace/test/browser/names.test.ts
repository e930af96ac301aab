import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { BrowserConnection } from '../../src/browser/connection.ts';
import { OPTION_NAMES } from '../../src/browser/options.ts';
import { CONNECT_OPTION_NAMES } from '../../src/connections/connect.ts';
import * as browser from '../../src/browser/index.ts';
import type { BrowserMessage } from '../../src/browser/message.ts';
import * as browserWeb from '../../src/browser/web.ts';
import type { BrowserMessageWriter } from '../../src/browser/writer.ts';
import * as node from '../../src/index.ts';
import * as nodeWeb from '../../src/web/index.ts';

/** Says that nothing is missing; otherwise `true` is no value of it. */
type Complete<Node, Browser> = [Exclude<keyof Node, keyof Browser>] extends [never]
  ? true
  : Exclude<keyof Node, keyof Browser>;

describe('The names of a browser', () => {
  it('are those of Node', () => {
    assert.deepEqual(Object.keys(browser).sort(), Object.keys(node).sort());
    assert.deepEqual(Object.keys(browserWeb).sort(), Object.keys(nodeWeb).sort());
  });

  it('include the options of connect', () => {
    assert.deepEqual(Object.keys(OPTION_NAMES).sort(), Object.keys(CONNECT_OPTION_NAMES).sort());
  });

  it('include the members of connections, messages and writers', () => {
    const complete: [
      Complete<node.WebSocketConnection, BrowserConnection>,
      Complete<node.ReceivedMessage, BrowserMessage>,
      Complete<node.MessageWriter, BrowserMessageWriter>,
    ] = [true, true, true];

    assert.equal(complete.length, 3);
  });

  it('throw where they need Node, and not before', () => {
    class Extended extends browser.WebSocketServerProtocol {}

    assert.throws(() => browser.serve(), { name: 'LocalUsageError', message: /serve is not available in a browser/ });
    assert.throws(() => new Extended(), /WebSocketServerProtocol is not available in a browser/);
    assert.throws(() => browserWeb.webSocketStreamOf(), /webSocketStreamOf is not available/);
  });
});
