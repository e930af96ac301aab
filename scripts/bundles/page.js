// Runs in a page: takes the library as a browser gets it, and posts what it has seen.
import { connect, reconnect, serve, stayConnected } from 'millrace';
import { WebSocket as PlatformWebSocket } from 'millrace/web';

const url = new URL('/echo', location.href);
url.protocol = 'ws:';

/** @type {string[]} */
const seen = [];
try {
  await exchange();
  await stay();
  await refuse();
  await slowReader();
} catch (error) {
  seen.push(`failed: ${String(error)} ${error instanceof Error ? String(error.stack) : ''}`);
}
await fetch('/report', { method: 'POST', body: JSON.stringify(seen) });

async function exchange() {
  const connection = await connect('/echo', { subprotocols: ['chat'] });
  await connection.send('text');
  await connection.send(new Blob(['a ', 'Blob']), { type: 'text' });
  await connection.send(new Response('a stream').body ?? '');
  const texts = [];
  for (let n = 0; n < 3; n++) texts.push(await (await connection.expectMessage()).text());
  await connection.send(new Uint8Array(1_000_000));
  const big = await new Response((await connection.expectMessage()).readable).arrayBuffer();
  const closure = await connection.close(3000, 'done');
  seen.push(`${texts.join()} ${big.byteLength} ${connection.subprotocol} ${closure.code} ${closure.reason}`);
}

async function stay() {
  let count = 0;
  await stayConnected('/lose', { backoff: { initial: 0 } }, async (connection) => {
    count++;
    await connection.send('stay?');
    await connection.expectMessage();
  });
  for await (const connection of reconnect('/echo')) {
    await connection.send('over reconnect');
    seen.push(`${count} ${await (await connection.expectMessage()).text()}`);
    break;
  }
}

async function refuse() {
  const reasons = [
    await connect('/refuse').catch((error) => error.name),
    await connect('/echo', { headers: { a: 'b' } }).catch((error) => error.name),
    PlatformWebSocket === globalThis.WebSocket,
  ];
  try {
    serve();
  } catch (error) {
    reasons.push(error instanceof Error ? error.name : 'no error');
  }
  seen.push(reasons.join());
}

/** Whether the server has to wait while nobody reads; a `WebSocket` cannot tell it to, and must not hold more and more. */
async function slowReader() {
  const hasStreams = 'WebSocketStream' in globalThis;
  const connection = await connect('/flood');
  await connection.expectMessage();
  if (hasStreams) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    const sent = Number(await (await fetch('/flood-count')).text());
    seen.push(`all sent ${sent === 200}, ${connection.state}`);
    await connection.close();
  } else {
    const { error } = await connection.closed;
    seen.push(String(error?.name));
  }
}
