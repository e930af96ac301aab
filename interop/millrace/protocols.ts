// Protocol classes for each level, on both sides. Each overrides the hooks of its level, and tells its exchange.
import { WebSocketClientProtocol, WebSocketServerProtocol } from 'millrace';

import type { Level } from '../test-case.ts';
import type { Exchange } from './exchange.ts';

class ServerProtocol extends WebSocketServerProtocol {
  protected readonly exchange: Exchange;

  constructor(exchange: Exchange) {
    super();
    this.exchange = exchange;
  }

  override onOpen(): void {
    this.exchange.opened(this);
  }

  override onPong(payload: Uint8Array): void {
    this.exchange.pong(payload);
  }

  override onClose(_wasClean: boolean, code: number, reason: string): void {
    this.exchange.closed(code, reason);
  }
}

class MessageServerProtocol extends ServerProtocol {
  override onMessage(payload: string | Uint8Array, isBinary: boolean): void {
    this.exchange.message(payload, isBinary);
  }
}

class FrameServerProtocol extends ServerProtocol {
  override onMessageBegin(opcode: number): void {
    this.exchange.messageBegin(opcode);
  }

  override onMessageFrame(payload: Uint8Array): void {
    this.exchange.frame(payload);
  }

  override onMessageEnd(): void {
    this.exchange.messageEnd();
  }
}

class StreamingServerProtocol extends ServerProtocol {
  override onMessageBegin(opcode: number): void {
    this.exchange.messageBegin(opcode);
  }

  override onMessageFrameBegin(length: number): void {
    this.exchange.frameBegin(length);
  }

  override onMessageFrameData(payload: Uint8Array): void {
    this.exchange.frameData(payload);
  }

  override onMessageFrameEnd(): void {}

  override onMessageEnd(): void {
    this.exchange.messageEnd();
  }
}

class ClientProtocol extends WebSocketClientProtocol {
  protected readonly exchange: Exchange;

  constructor(exchange: Exchange) {
    super();
    this.exchange = exchange;
  }

  override onOpen(): void {
    this.exchange.opened(this);
  }

  override onOpenFailed(error: Error): void {
    this.exchange.failed(error);
    this.exchange.closed(1006, '');
  }

  override onPong(payload: Uint8Array): void {
    this.exchange.pong(payload);
  }

  override onClose(_wasClean: boolean, code: number, reason: string): void {
    this.exchange.closed(code, reason);
  }
}

class MessageClientProtocol extends ClientProtocol {
  override onMessage(payload: string | Uint8Array, isBinary: boolean): void {
    this.exchange.message(payload, isBinary);
  }
}

class FrameClientProtocol extends ClientProtocol {
  override onMessageBegin(opcode: number): void {
    this.exchange.messageBegin(opcode);
  }

  override onMessageFrame(payload: Uint8Array): void {
    this.exchange.frame(payload);
  }

  override onMessageEnd(): void {
    this.exchange.messageEnd();
  }
}

class StreamingClientProtocol extends ClientProtocol {
  override onMessageBegin(opcode: number): void {
    this.exchange.messageBegin(opcode);
  }

  override onMessageFrameBegin(length: number): void {
    this.exchange.frameBegin(length);
  }

  override onMessageFrameData(payload: Uint8Array): void {
    this.exchange.frameData(payload);
  }

  override onMessageFrameEnd(): void {}

  override onMessageEnd(): void {
    this.exchange.messageEnd();
  }
}

type ServerClass = new (exchange: Exchange) => WebSocketServerProtocol;
type ClientClass = new (exchange: Exchange) => WebSocketClientProtocol;

const SERVERS: Record<Level, ServerClass> = {
  message: MessageServerProtocol,
  frame: FrameServerProtocol,
  streaming: StreamingServerProtocol,
};

const CLIENTS: Record<Level, ClientClass> = {
  message: MessageClientProtocol,
  frame: FrameClientProtocol,
  streaming: StreamingClientProtocol,
};

/** The protocol class for an exchange, which receives at the level of its task. */
export function serverProtocolOf(exchange: Exchange): new () => WebSocketServerProtocol {
  return SERVERS[exchange.task.level].bind(undefined, exchange);
}

/** The protocol class for an exchange, which receives at the level of its task; digests always come as messages. */
export function clientProtocolOf(exchange: Exchange): new () => WebSocketClientProtocol {
  const { work, level } = exchange.task;
  return CLIENTS[work === 'hash' ? 'message' : level].bind(undefined, exchange);
}
