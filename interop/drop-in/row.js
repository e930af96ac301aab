// What each row shares: it does its job, checks what comes of it, and says how many bytes our engine has carried for it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createRequire } from 'node:module';

import WebSocket, { connectionOf } from 'ws';

/** In milliseconds. */
const TIME_LIMIT = 30_000;

/** @type {WebSocket[]} */
const sockets = [];
const { setSocket } = WebSocket.prototype;
WebSocket.prototype.setSocket = function (...args) {
  sockets.push(this);
  return setSocket.apply(this, args);
};

/** Does the job of a row, and prints what came of it as a line of JSON. */
export async function run(packages, job) {
  const timer = setTimeout(() => report({ status: 'failed', problem: 'not done in time' }), TIME_LIMIT);
  const versions = packages.map((name) => `${name} ${versionOf(name)}`);
  let checks = 0;
  const check = (actual, expected, what) => {
    assert.deepStrictEqual(actual, expected, what);
    checks++;
  };
  try {
    await job(check);
    const [bytesReceived, bytesSent] = ['bytesReceived', 'bytesSent'].map((name) =>
      sockets.reduce((sum, socket) => sum + connectionOf(socket).stats[name], 0),
    );
    assert.ok(checks > 0, 'nothing was checked');
    assert.ok(bytesReceived > 0 && bytesSent > 0, 'our engine has carried nothing');
    report({ status: 'passed', checks, connections: sockets.length, bytesReceived, bytesSent });
  } catch (error) {
    report({ status: 'failed', problem: error.stack });
  }

  function report(result) {
    clearTimeout(timer);
    console.log(JSON.stringify({ versions, ...result }));
    process.exit(result.status === 'passed' ? 0 : 1);
  }
}

/** Where a server of `node:http` or `net` listens, as soon as it does. */
export async function listen(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}

/** Resolves with the arguments of an event. */
export { once };

function versionOf(name) {
  const require = createRequire(import.meta.url);
  for (const path of require.resolve.paths(name)) {
    try {
      return require(`${path}/${name}/package.json`).version;
    } catch {
      // Not there.
    }
  }
  return 'unknown';
}
