// Changes what Node has inside, as another version of it might, and then has a server and a client talk.
import { Server, Socket } from 'node:net';

import { WebSocketClientFactory, WebSocketServerFactory, connectWS, listenWS } from '../../../../src/index.ts';
import { WebSocketClientProtocol, WebSocketServerProtocol } from '../../../../src/index.ts';
import { findOnreadPlaces } from '../../../../src/transport/reading/shared-read-buffer.ts';

/** Changes a method of `target`, for good or for its first call. */
function change(target: object, method: string, wrap: (original: Method) => Method): () => void {
  const original: unknown = Reflect.get(target, method);
  if (!isMethod(original)) throw new Error(`no method ${method}`);
  Object.defineProperty(target, method, { value: wrap(original), configurable: true, writable: true });
  return () => Object.defineProperty(target, method, { value: original, configurable: true, writable: true });
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

function isMethod(value: unknown): value is Method {
  return typeof value === 'function';
}

const CHANGES: Readonly<Record<string, () => () => void>> = {
  'no-places': () => change(Object, 'getOwnPropertySymbols', () => () => []),
  'no-method': () => {
    const original = Object.getOwnPropertySymbols.bind(Object);
    return change(Object, 'getOwnPropertySymbols', () => (object) => {
      if (object instanceof Socket) {
        const handle: unknown = Reflect.get(object, '_handle');
        if (typeof handle === 'object' && handle !== null)
          Object.defineProperty(handle, 'useUserBuffer', { value: undefined });
      }
      return original(object);
    });
  },
  // The handle goes on bringing buffers of its own, to a callback that knows nothing of them.
  'ignored-buffer': () => {
    const original = Object.getOwnPropertySymbols.bind(Object);
    return change(Object, 'getOwnPropertySymbols', () => (object) => {
      if (object instanceof Socket) {
        const handle: unknown = Reflect.get(object, '_handle');
        const bring = (): void => {
          object.destroy();
        };
        if (typeof handle === 'object' && handle !== null)
          Object.defineProperty(handle, 'useUserBuffer', { value: bring });
      }
      return original(object);
    });
  },
  'no-pause': () => change(Socket.prototype, 'pause', () => () => undefined),
  'no-loopback': () =>
    change(Socket.prototype, 'connect', () => {
      return function () {
        if (this instanceof Socket) process.nextTick(() => this instanceof Socket && this.destroy(new Error('EACCES')));
        return this;
      };
    }),
  'no-listening': () =>
    change(Server.prototype, 'listen', () => {
      return function () {
        if (this instanceof Server)
          process.nextTick(() => this instanceof Server && this.emit('error', new Error('EACCES')));
        return this;
      };
    }),
  'no-bytes': () =>
    change(Socket.prototype, '_write', () => {
      return (_chunk, _encoding, done) => {
        if (isMethod(done)) done();
      };
    }),
};

class EchoServer extends WebSocketServerProtocol {
  override onMessage(payload: string | Uint8Array): void {
    this.sendMessage(payload);
  }
}

class Client extends WebSocketClientProtocol {
  override onOpen(): void {
    this.sendMessage('echo\n');
  }
  override onMessage(payload: string | Uint8Array): void {
    process.stdout.write(payload);
    this.sendClose(1000);
  }
}

const restore = CHANGES[process.argv[2] ?? '']?.();
const places = await findOnreadPlaces();
restore?.();
process.stdout.write(places === undefined ? 'no places\n' : 'places\n');

const server = await listenWS(new WebSocketServerFactory('ws://127.0.0.1:0', { protocol: EchoServer }));
await connectWS(new WebSocketClientFactory(server.url, { protocol: Client, keepAlive: false }));
while (server.connections.size > 0) await new Promise((resolve) => setImmediate(resolve));
await server.close();
