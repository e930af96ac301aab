import { once } from 'node:events';
import { createServer } from 'node:net';
import { connect as connectTcp, type AddressInfo, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

/** A proxy that a test has started. */
export interface TestProxy {
  readonly port: number;
  /** What clients have asked for: `host:port`. */
  readonly destinations: string[];
  /** What they have sent for it, but what goes through the tunnel. */
  readonly requests: string[];
}

/** How a proxy is. */
export interface TestProxyOptions {
  /** `user:password` that it wants. */
  readonly credentials?: string;
  /** Makes it a proxy that is spoken to over TLS. */
  readonly tls?: TlsOptions;
  /** Where every tunnel leads, whatever was asked for. */
  readonly port: number;
}

/** Starts a proxy that opens tunnels for CONNECT. */
export function startHttpProxy(t: TestContext, { credentials, tls, port }: TestProxyOptions): Promise<TestProxy> {
  return start(t, tls, (socket, log) => {
    let head = '';
    const onData = (chunk: Buffer): void => {
      head += chunk.toString('latin1');
      if (!head.endsWith('\r\n\r\n')) return;
      socket.off('data', onData);
      log.requests.push(head);
      const wanted = credentials === undefined ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`;
      if (wanted !== undefined && !head.includes(`Proxy-Authorization: ${wanted}\r\n`)) {
        socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="p"\r\n\r\n');
        return;
      }
      log.destinations.push(/^CONNECT (\S+) /.exec(head)?.[1] ?? '');
      join(socket, port, () => socket.write('HTTP/1.1 200 Connection established\r\n\r\n'));
    };
    socket.on('data', onData);
  });
}

/** Starts a proxy that opens tunnels for SOCKS 5. */
export function startSocksProxy(t: TestContext, { credentials, port }: TestProxyOptions): Promise<TestProxy> {
  return start(t, undefined, (socket, log) => void serveSocks(socket, log, { credentials, port }));
}

async function serveSocks(
  socket: Socket,
  log: TestProxy,
  { credentials, port }: { credentials: string | undefined; port: number },
): Promise<void> {
  const read = reader(socket);
  const [, count = 0] = await read(2);
  const methods = await read(count);
  const method = credentials === undefined ? 0 : 2;
  if (!methods.includes(method)) {
    socket.end(Uint8Array.of(5, 0xff));
    return;
  }
  socket.write(Uint8Array.of(5, method));
  if (method === 2) {
    const isKnown = (await readCredentials(read)) === credentials;
    socket.write(Uint8Array.of(1, isKnown ? 0 : 1));
    if (!isKnown) return;
  }
  const [, , , type = 0] = await read(4);
  const name = await readHost(read, type);
  const [high = 0, low = 0] = await read(2);
  log.destinations.push(`${name}:${String(high * 256 + low)}`);
  if (name === 'refused.example') socket.end(Uint8Array.of(5, 5, 0, 1, 0, 0, 0, 0, 0, 0));
  else join(socket, port, () => socket.write(Uint8Array.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0)));
}

type Read = (count: number) => Promise<Buffer>;

async function readCredentials(read: Read): Promise<string> {
  const [, nameLength = 0] = await read(2);
  const name = await read(nameLength);
  const [passwordLength = 0] = await read(1);
  return `${name.toString()}:${(await read(passwordLength)).toString()}`;
}

async function readHost(read: Read, type: number): Promise<string> {
  if (type === 3) {
    const [length = 0] = await read(1);
    return (await read(length)).toString();
  }
  return type === 1 ? (await read(4)).join('.') : `[${(await read(16)).toString('hex')}]`;
}

function reader(socket: Socket): Read {
  return async (count) => {
    for (;;) {
      const bytes: unknown = count === 0 ? Buffer.alloc(0) : socket.read(count);
      if (bytes instanceof Buffer && bytes.length === count) return bytes;
      await once(socket, 'readable');
    }
  };
}

function join(socket: Socket, port: number, opened: () => void): void {
  const target = connectTcp(port, '127.0.0.1', () => {
    opened();
    socket.pipe(target).pipe(socket);
  });
  target.on('error', () => socket.destroy());
  socket.on('close', () => target.destroy());
}

async function start(
  t: TestContext,
  tls: TlsOptions | undefined,
  serve: (socket: Socket, log: TestProxy) => void,
): Promise<TestProxy> {
  const sockets = new Set<Socket>();
  const log = { port: 0, destinations: [], requests: [] };
  const take = (socket: Socket): void => {
    sockets.add(socket.on('error', () => undefined));
    serve(socket, log);
  };
  const server: Server = tls === undefined ? createServer(take) : createTlsServer(tls, take);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return Object.assign(log, { port: (server.address() as AddressInfo).port });
}
