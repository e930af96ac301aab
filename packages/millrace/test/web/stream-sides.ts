import type { TestContext } from 'node:test';

import { ConnectionClosedError, ReadyState, WebSocketServerProtocol, type Closure } from '../../src/index.ts';
import {
  WebSocketStream,
  webSocketStreamOf,
  type StreamableConnection,
  type StreamableMessage,
  type WebSocketStreamView,
} from '../../src/web/index.ts';
import { frame } from '../helpers/frames.ts';
import { startServer } from '../helpers/hook-peers.ts';
import { Inbox } from '../helpers/inbox.ts';
import { connectRaw, listenRaw, type RawPeer } from '../helpers/raw-peer.ts';

/** A connection as streams, and its peer who speaks in bytes. */
export interface StreamAndPeer {
  readonly stream: WebSocketStreamView;
  readonly peer: RawPeer;
  /** Makes a frame as the peer has to send it. */
  readonly frame: (byte0: number, payload?: Uint8Array | string) => Uint8Array;
}

/** A side of a connection that can be had as streams. */
export interface StreamSide {
  readonly name: string;
  readonly open: (t: TestContext) => Promise<StreamAndPeer>;
}

/** The client's {@link WebSocketStream}, and the view of a server's connection: they are to behave alike. */
export const STREAM_SIDES: readonly StreamSide[] = [
  {
    name: 'A WebSocketStream',
    open: async (t) => {
      const { url, peers } = await listenRaw(t);
      const stream = new WebSocketStream(url);
      const peer = await peers.take();
      await stream.opened;
      return { stream, peer, frame: (byte0, payload = '') => frame({ byte0, payload: Buffer.from(payload) }) };
    },
  },
  {
    name: 'A view of an accepted connection',
    open: async (t) => {
      const opened = new Inbox<StreamableConnection>();
      class Server extends StreamableServer {
        override onOpen(): void {
          opened.put(this.streamable);
        }
      }
      const server = await startServer(t, Server);
      const peer = await connectRaw(t, server.url);
      const stream = webSocketStreamOf(await opened.take());
      const key = '37 fa 21 3d';
      return { stream, peer, frame: (byte0, payload = '') => frame({ byte0, payload: Buffer.from(payload), key }) };
    },
  },
];

/** A server's protocol that can be had as a connection whose messages are asked for, one at a time. */
class StreamableServer extends WebSocketServerProtocol {
  readonly #messages = new Inbox<StreamableMessage | 'end'>();
  readonly #closed = deferred<Closure>();
  #taken = deferred();
  #drained = deferred();

  /** The connection. */
  get streamable(): StreamableConnection {
    return {
      subprotocol: this.subprotocol,
      extensions: this.extensions,
      send: (data) => this.#send(data),
      receive: () => this.#receive(),
      close: (code, reason) => {
        this.sendClose(code, reason);
        return this.#closed.promise;
      },
      closed: this.#closed.promise,
    };
  }

  override async onMessage(payload: string | Uint8Array, isBinary: boolean): Promise<void> {
    const bytes = Buffer.from(payload);
    this.#taken = deferred();
    this.#messages.put({
      type: isBinary ? 'binary' : 'text',
      text: () => Promise.resolve(bytes.toString()),
      bytes: () => Promise.resolve(new Uint8Array(bytes)),
    });
    await this.#taken.promise;
  }

  override onDrain(): void {
    this.#drained.resolve();
    this.#drained = deferred();
  }

  override onClose(): void {
    if (this.closure === undefined) throw new Error('closed without a closure');
    this.#closed.resolve(this.closure);
    this.#messages.put('end');
  }

  async #send(data: string | Uint8Array): Promise<void> {
    if (this.state !== ReadyState.OPEN) await this.#fail();
    if (!this.sendMessage(data)) await Promise.race([this.#drained.promise, this.#fail()]);
  }

  async #receive(): Promise<StreamableMessage | undefined> {
    const message = await this.#messages.take();
    this.#taken.resolve();
    return message === 'end' ? undefined : message;
  }

  async #fail(): Promise<never> {
    throw new ConnectionClosedError(await this.#closed.promise);
  }
}

interface Deferred<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
}

function deferred<Value = void>(): Deferred<Value> {
  let settle: (value: Value) => void = () => undefined;
  const promise = new Promise<Value>((resolve) => (settle = resolve));
  return { promise, resolve: (value) => settle(value) };
}
