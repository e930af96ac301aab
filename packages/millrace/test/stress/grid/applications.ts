import { once } from 'node:events';
import type { Duplex } from 'node:stream';

import {
  WebSocketServerFactory,
  WebSocketServerProtocol,
  listenWS,
  serve,
  type ServeOptions,
  type WebSocketConnection,
} from '../../../src/index.ts';
import { WebSocket, webSocketStreamOf } from '../../../src/web/index.ts';
import { MIB } from '../claim.ts';
import type { Cell, Facade } from './cell.ts';

/** Counts what went through. */
export interface Counter {
  /** Messages, frames or pieces that were received, or given away to be sent. */
  count: number;
}

const LIMITS = { maxMessageSize: Infinity, maxFrameSize: Infinity, keepAlive: false, closeTimeout: 1000 } as const;
const SERVE_OPTIONS: ServeOptions = { ...LIMITS, host: '127.0.0.1', port: 0 };

const NEVER = new Promise<void>(() => undefined);

/** A burst is as long as this where nobody waits, in bytes and in messages; the connection fails before, unless they are too small. */
const BURST_BYTES = 64 * MIB;
const BURST_MESSAGES = 2_000_000;

/** What is sent of it before the event loop has a turn: more would hold it up by itself. */
const TURN_BYTES = 4 * MIB;
const TURN_MESSAGES = 2000;

/** Starts the application of a cell. Gives the port that it listens on. */
export async function startApplication(cell: Cell, counter: Counter): Promise<number> {
  if (cell.facade.startsWith('classes')) return startClasses(cell, counter);
  if (cell.facade === 'callbacks') return startCallbacks(cell, counter);
  const handle = cell.direction === 'receiving' ? receiverOf(cell, counter) : senderOf(cell, counter);
  const server = await serve(SERVE_OPTIONS, handle);
  return server.port ?? 0;
}

/** Connects the interface of the web to a port, and has it receive, or send as much as it can. */
export async function startWebSocket(port: number, cell: Cell, counter: Counter): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${String(port)}`, { keepAlive: false, closeTimeout: 1000 });
  socket.binaryType = 'arraybuffer';
  socket.onmessage = () => counter.count++;
  await once(socket, 'open');
  if (cell.direction === 'sending') await burst(cell, counter, () => socket.send(new Uint8Array(cell.size)));
}

async function startClasses(cell: Cell, counter: Counter): Promise<number> {
  const protocol = cell.direction === 'receiving' ? receivingClass(cell, counter) : sendingClass(cell, counter);
  const listener = await listenWS(new WebSocketServerFactory('ws://127.0.0.1:0', { ...LIMITS, protocol }));
  return listener.port ?? 0;
}

function receivingClass({ facade, slow }: Cell, counter: Counter): new () => WebSocketServerProtocol {
  const take = (): void | Promise<void> => {
    counter.count++;
    if (slow === 'application') return NEVER;
  };
  if (facade === 'classes, messages') {
    return class extends WebSocketServerProtocol {
      override onMessage(): void | Promise<void> {
        return take();
      }
    };
  }
  if (facade === 'classes, frames') {
    return class extends WebSocketServerProtocol {
      override onMessageFrame(): void | Promise<void> {
        return take();
      }
      override onMessageEnd(): void {}
    };
  }
  return class extends WebSocketServerProtocol {
    override onMessageFrameData(): void {}
    override onMessageFrameEnd(): void | Promise<void> {
      return take();
    }
    override onMessageEnd(): void {}
  };
}

function sendingClass(cell: Cell, counter: Counter): new () => WebSocketServerProtocol {
  const { unit, size, slow } = cell;
  return class extends WebSocketServerProtocol {
    override onOpen(): void {
      if (unit === 'frames') this.beginMessage(2);
      if (slow === 'peer') this.onDrain();
      else void burst(cell, counter, () => this.#send());
    }
    override onDrain(): void {
      if (slow !== 'peer') return;
      do counter.count++;
      while (this.#send());
    }
    #send(): boolean {
      const payload = new Uint8Array(size);
      if (this.state !== 1) return false;
      return unit === 'frames' ? this.sendMessageFrame(payload) : this.sendMessage(payload);
    }
  };
}

async function startCallbacks(cell: Cell, counter: Counter): Promise<number> {
  const { direction, slow, size } = cell;
  const message = (): void | Promise<void> => {
    counter.count++;
    if (slow === 'application') return NEVER;
  };
  const open = (connection: WebSocketConnection): void => {
    if (direction === 'sending') void sendAll(cell, counter, () => connection.send(new Uint8Array(size)));
  };
  const server = await serve(SERVE_OPTIONS, { open, message });
  return server.port ?? 0;
}

type Handler = (connection: WebSocketConnection) => Promise<void>;

function receiverOf({ facade, slow }: Cell, counter: Counter): Handler {
  const take = async (piece?: unknown): Promise<void> => {
    if (piece !== null) counter.count++;
    if (slow === 'application') await NEVER;
  };
  const receivers: Partial<Record<Facade, Handler>> = {
    'async function, whole messages': async (connection) => {
      for await (const message of connection) {
        await message.bytes();
        await take();
      }
    },
    'async function, chunks': async (connection) => {
      for await (const message of connection) {
        for await (const chunk of message) await take(chunk);
        await take();
      }
    },
    'async function, frames': async (connection) => {
      for await (const message of connection) {
        for await (const frame of message.frames()) {
          await frame.bytes();
          await take();
        }
      }
    },
    duplex: async (connection) => readAll(connection.duplex({ objectMode: true }), take),
    WebSocketStream: async (connection) => {
      const { readable } = await webSocketStreamOf(connection).opened;
      for await (const message of readable) await take(message);
    },
  };
  const receiver = receivers[facade];
  if (receiver === undefined) throw new Error(`nothing receives as ${facade}`);
  return receiver;
}

async function readAll(stream: Duplex, take: (piece: unknown) => Promise<void>): Promise<void> {
  for await (const message of stream) await take(message);
}

function senderOf(cell: Cell, counter: Counter): Handler {
  const { facade, size } = cell;
  const payload = (): Uint8Array => new Uint8Array(size);
  return async (connection) => {
    if (facade === 'async function, whole messages') {
      await sendAll(cell, counter, () => connection.send(payload()));
    } else if (facade === 'async function, frames') {
      const writer = await connection.beginMessage('binary');
      await sendAll(cell, counter, () => writer.writeFrame(payload()));
    } else if (facade === 'duplex') {
      const stream = connection.duplex({ objectMode: true });
      await sendAll(cell, counter, async () => {
        if (!stream.write(payload())) await once(stream, 'drain');
      });
    } else {
      const { writable } = await webSocketStreamOf(connection).opened;
      const writer = writable.getWriter();
      writer.closed.catch(() => undefined);
      await sendAll(cell, counter, () => writer.write(payload()));
    }
  };
}

/** Sends without end, and waits if the cell says so. */
async function sendAll(cell: Cell, counter: Counter, send: () => Promise<void>): Promise<void> {
  if (cell.slow === 'peer, unheeded') {
    await burst(cell, counter, () => void send());
    return;
  }
  for (;;) {
    counter.count++;
    await send();
  }
}

async function burst({ size }: Cell, counter: Counter, send: () => unknown): Promise<void> {
  const total = Math.min(BURST_MESSAGES, BURST_BYTES / size);
  const turn = Math.min(TURN_MESSAGES, Math.ceil(TURN_BYTES / size));
  for (let sent = 0; sent < total; sent++) {
    counter.count++;
    send();
    if (sent % turn === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}
