// Connections beside the interfaces of the platform, as programs use them. It compiles with the types of browsers and without, and runs.
import { connect, serve, type Sendable, type WebSocketConnection } from 'millrace';
import { createServer } from 'node:http';

const http = createServer((request, response) => void request.pipe(response));
await new Promise<void>((resolve) => void http.listen(0, '127.0.0.1', resolve));
const address = http.address();
const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`;

const server = await serve({ host: '127.0.0.1', port: 0 }, async (connection) => {
  for await (const message of connection) await connection.send(message, { type: message.type });
});

const connection = await connect(server.url);

async function echo(data: Sendable) {
  await connection.send(data);
  return connection.expectMessage();
}

const digest: ArrayBuffer = await crypto.subtle.digest('SHA-256', await (await echo('abc')).bytes());
const blob: Blob = new Blob([await (await echo(new Uint8Array(3))).bytes()]);
const response = await fetch(url, { method: 'POST', body: await (await echo('over HTTP')).bytes() });
const fromBlob = await (await echo(new Blob(['from ', 'a Blob']))).text();
const fromFile = await (await echo(new File(['from a File'], 'name'))).text();
const fromBody = await (await echo(new Response('from a body').body!)).text();
const streamed = await new Response((await echo('streamed')).readable).text();
const piped = (await echo('piped')).readable.pipeThrough(new TextDecoderStream());
const chunks: string[] = [];
for (const reader = piped.getReader(); ;) {
  const { done, value } = await reader.read();
  if (done) break;
  chunks.push(value);
}

const other: WebSocketConnection = await connect(server.url, {}, undefined);
const upperCase = new TransformStream<string | Uint8Array<ArrayBuffer>, string>({
  transform: (data, controller) => controller.enqueue(String(data).toUpperCase()),
});
const transformed = other.readable.pipeThrough(upperCase).getReader();
const writer = other.writable.getWriter();
await writer.write('shout');
const shouted = await transformed.read();

const called = await new Promise<string>((resolve) => {
  const message = (_from: WebSocketConnection, data: string | Uint8Array) => resolve(String(data));
  void connect(server.url, { signal: AbortSignal.timeout(60_000) }, { message }).then((from) => from.send('called'));
});

const found = [
  [digest.byteLength, blob.size, await response.text()],
  [fromBlob, fromFile, fromBody, streamed, chunks.join(''), shouted.value, called],
];
const expected = [
  [32, 3, 'over HTTP'],
  ['from a Blob', 'from a File', 'from a body', 'streamed', 'piped', 'SHOUT', 'called'],
];
if (JSON.stringify(found) !== JSON.stringify(expected)) throw new Error(`found ${JSON.stringify(found)}`);
await server.close({ timeout: 0 });
http.close();
http.closeAllConnections();
console.log('ok');
