// Two servers and one Redis are one chat: somebody talks from one server to another, goes away, comes back to the other server, and has missed nothing. Where there is
// no redis-server, it is one server without Redis.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { connect, type WebSocketConnection } from 'millrace';

const children: ChildProcess[] = [];
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** Somebody with a browser, as far as the server sees it. */
class Guest {
  readonly heard: string[] = [];
  present: readonly string[] = [];
  recovered: boolean | undefined;
  readonly #user: string;
  #connection: WebSocketConnection | undefined;
  #position: string | undefined;

  constructor(user: string) {
    this.#user = user;
  }

  async join(server: string): Promise<void> {
    this.recovered = undefined;
    const connection = await connect(`${server.replace('http', 'ws')}chat`);
    this.#connection = connection;
    await connection.send(JSON.stringify({ user: this.#user, room: 'tea', since: this.#position }));
    void this.#listen(connection);
    await until(() => this.recovered !== undefined, `${this.#user} has joined`);
  }

  async say(text: string): Promise<void> {
    await this.#connection?.send(JSON.stringify({ text }));
  }

  async leave(): Promise<void> {
    await this.#connection?.close();
  }

  async #listen(connection: WebSocketConnection): Promise<void> {
    for await (const message of connection) this.#take(fieldsOf(await message.text()));
  }

  #take({ present, recovered, data, position }: Fields): void {
    if (Array.isArray(present)) this.present = present.map(String);
    if (typeof recovered === 'boolean') this.recovered = recovered;
    if (typeof data !== 'string') return;
    const { user, text } = fieldsOf(data);
    this.heard.push(`${String(user)}: ${String(text)}`);
    this.#position = String(position);
  }
}

/** What an object of JSON has. */
type Fields = Readonly<Partial<Record<string, unknown>>>;

function fieldsOf(json: string): Fields {
  const value: unknown = JSON.parse(json);
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

const redis = await startRedis();
const servers =
  redis === undefined ? [await startServer({})] : await Promise.all([startServer(redis), startServer(redis)]);
const [first = '', second = first] = servers;
console.log(redis === undefined ? 'there is no redis-server: one server' : 'two servers, one Redis');

const html = await (await fetch(first)).text();
assert.match(html, /new WebSocket/);

const [ada, ben] = [new Guest('Ada'), new Guest('Ben')];
await ada.join(first);
await ben.join(second);
await until(() => ada.present.length === 2 && ben.present.length === 2, 'both see each other');
await ben.say('Is there any tea?');
await until(() => ada.heard.length === 1, 'Ada hears Ben');

await ben.leave();
await until(() => ada.present.length === 1, 'Ada sees that Ben has gone');
await ada.say('There is.');
await ada.say('With milk?');
await until(() => ada.heard.length === 3, 'Ada hears herself');
await ben.join(first);
await until(() => ben.heard.length === 3, 'Ben hears what he has missed');

console.log(`${ben.heard.join('\n')}\nBen has missed ${ben.recovered === true ? 'nothing' : 'something'}`);
assert.deepEqual(ben.heard, ada.heard);
assert.equal(ben.recovered, true);
const latecomer = new Guest('Cyd');
await latecomer.join(second);
await until(() => latecomer.heard.length === 3, 'Cyd gets the history');
await Promise.all([ada, ben, latecomer].map((guest) => guest.leave()));
process.exit();

/** Starts a server in a process of its own; gives its address. */
async function startServer(environment: Readonly<Record<string, string>>): Promise<string> {
  const program = fileURLToPath(new URL('server.js', import.meta.url));
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('the server has ended');
}

/** Starts a Redis, if there is one; gives what a server must know. */
async function startRedis(): Promise<Readonly<Record<string, string>> | undefined> {
  const port = await findFreePort();
  const child = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', ''], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const isThere = await once(child, 'spawn').then(
    () => true,
    () => false,
  );
  if (!isThere) return undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('Ready to accept connections')) break;
  }
  return { REDIS_URL: `redis://127.0.0.1:${port}` };
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

/** Waits until something is so. */
async function until(isSo: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 20_000;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`not within 20 s: ${what}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}
