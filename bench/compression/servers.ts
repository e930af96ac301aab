// CPU time of an echo server for each message, with compression: Millrace and `ws`, in turn, each in a process of its own.
//   npm run compression -- --servers
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { connect, type WebSocketConnection } from 'millrace';

import { SERVER_ROWS, type ServerRow } from './server-row.ts';

const ROUNDS = 9;
/** CPU time of a server that a round takes about, in microseconds. */
const ROUND_TIME = 400_000;
const CONNECTIONS = 4;
/** Messages under way on each connection. */
const OUTSTANDING = 16;

interface Figures {
  /** In microseconds, for each message. */
  readonly cpu: number;
  /** Bytes that the server sent, for each message. */
  readonly bytes: number;
}

class Client {
  connection: WebSocketConnection | undefined;
  /** Called for each message that comes. */
  onMessage: () => void = () => undefined;
}

interface Server {
  readonly child: ChildProcess;
  readonly clients: readonly Client[];
}

/** Messages as they come in practice: alike, and never the same. */
function createMessages(size: number): string[] {
  let state = 1;
  const next = (below: number): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  return Array.from({ length: 3000 }, (_, index) => {
    const items: string[] = [];
    for (let length = 0; length < size - 60; length += items[items.length - 1]!.length + 1) {
      const side = next(2) === 0 ? 'buy' : 'sell';
      items.push(
        JSON.stringify({ id: index * 100 + items.length, symbol: `S${String(next(50))}`, price: next(9973), side }),
      );
    }
    return `[${items.join()}]`;
  });
}

/** The next number that a server says. */
function receive(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => child.once('message', (value) => resolve(Number(value))));
}

async function start(library: string, row: ServerRow): Promise<Server> {
  const program = fileURLToPath(new URL('echo-server.js', import.meta.url));
  const child = fork(program, [library, String(SERVER_ROWS.indexOf(row))]);
  const port = await receive(child);
  const clients: Client[] = [];
  // A client that takes less time than either server, so that these have several messages at a time.
  const compression = row.isCompressed && { threshold: 0, serverMaxWindowBits: row.windowBits };
  for (let count = 0; count < CONNECTIONS; count++) {
    const client = new Client();
    const url = `ws://127.0.0.1:${String(port)}`;
    client.connection = await connect(url, { compression }, { message: () => client.onMessage() });
    clients.push(client);
  }
  return { child, clients };
}

async function cpuOf({ child }: Server): Promise<number> {
  const answer = receive(child);
  child.send('cpu');
  return answer;
}

/** Has `count` messages echoed on each connection. */
async function exchange({ clients }: Server, messages: readonly string[], count: number): Promise<void> {
  await Promise.all(
    clients.map(
      (client) =>
        new Promise<void>((resolve) => {
          let [sent, received] = [0, 0];
          const send = (): void => void client.connection?.send(messages[sent++ % messages.length]!);
          client.onMessage = () => {
            received++;
            if (sent < count) send();
            if (received === count) resolve();
          };
          while (sent < Math.min(OUTSTANDING, count)) send();
        }),
    ),
  );
}

async function measure(server: Server, messages: readonly string[], count: number): Promise<Figures> {
  const readBytes = (): number =>
    server.clients.reduce((sum, client) => sum + (client.connection?.stats.bytesReceived ?? 0), 0);
  const [cpuBefore, bytesBefore] = [await cpuOf(server), readBytes()];
  await exchange(server, messages, count);
  const total = count * CONNECTIONS;
  return { cpu: ((await cpuOf(server)) - cpuBefore) / total, bytes: (readBytes() - bytesBefore) / total };
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]!;
}

/** Prints the row, and says whether it is as expected. */
async function compare(row: ServerRow): Promise<boolean> {
  const messages = createMessages(row.size);
  const servers = { ws: await start('ws', row), millrace: await start('millrace', row) };
  const warm = {
    ws: await measure(servers.ws, messages, 400),
    millrace: await measure(servers.millrace, messages, 400),
  };
  const countOf = (cpu: number): number => Math.ceil(ROUND_TIME / cpu / CONNECTIONS);
  const ratios: number[] = [];
  const figures: { ws: Figures; millrace: Figures }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const ws = await measure(servers.ws, messages, countOf(warm.ws.cpu));
    const millrace = await measure(servers.millrace, messages, countOf(warm.millrace.cpu));
    ratios.push(ws.cpu / millrace.cpu);
    figures.push({ ws, millrace });
  }
  for (const { child, clients } of Object.values(servers)) {
    for (const client of clients) client.connection?.drop();
    child.kill();
  }
  const medianOf = (name: 'ws' | 'millrace', figure: keyof Figures): number =>
    median(figures.map((round) => round[name][figure]));
  const [theirs, ours] = [medianOf('ws', 'cpu'), medianOf('millrace', 'cpu')];
  const bytes = medianOf('millrace', 'bytes') / medianOf('ws', 'bytes');
  const ratio = median(ratios);
  const cells = [row.name, `${theirs.toFixed(1)} µs`, `${ours.toFixed(1)} µs`, `${ratio.toFixed(2)} ×`];
  console.log(`| ${[...cells, `${bytes.toFixed(2)} of the bytes`].join(' | ')} |`);
  return ratio >= row.atLeast;
}

console.log('| Echo | ws | Millrace | ws takes | on the wire |\n| --- | --- | --- | --- | --- |');
const pattern = process.argv.slice(2).find((argument) => !argument.startsWith('-')) ?? '';
for (const row of SERVER_ROWS) {
  if (row.name.includes(pattern) && !(await compare(row))) process.exitCode = 1;
}
