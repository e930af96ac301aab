import type { WebSocketProtocol } from 'millrace';

import { describeMessage } from '../payload.ts';
import type { ReceivedMessage, Report, Task } from '../test-case.ts';

/** What a protocol instance can do, be it a client's or a server's. */
export type Sender = Pick<
  WebSocketProtocol,
  | 'beginMessage'
  | 'beginMessageFrame'
  | 'dropConnection'
  | 'endMessage'
  | 'sendClose'
  | 'sendMessage'
  | 'sendMessageFrame'
  | 'sendMessageFrameData'
  | 'sendPing'
  | 'subprotocol'
>;

/** Our part of a case: what our protocol instances tell it, and what it has them do. Each level tells it by hooks of its own. */
export abstract class Exchange {
  readonly task: Task;
  readonly report: Promise<Report>;
  #resolve: (report: Report) => void = () => {};
  #sender: Sender | undefined;
  #subprotocol = '';
  #received: ReceivedMessage | undefined;
  #count = 0;
  #pong: string | undefined;
  #error: string | undefined;

  constructor(task: Task) {
    this.task = task;
    this.report = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  opened(sender: Sender): void {
    this.#sender = sender;
    this.#subprotocol = sender.subprotocol ?? '';
  }

  /** At the message level, and for digests. */
  message(payload: string | Uint8Array, isBinary: boolean): void;
  message(): void {
    throw new Error('A message came, and none was expected');
  }

  messageBegin(opcode: number): void;
  messageBegin(): void {}

  /** At the frame level. */
  frame(payload: Uint8Array): void;
  frame(): void {
    throw new Error('A frame came, and none was expected');
  }

  frameBegin(length: number): void;
  frameBegin(): void {}

  /** At the streaming level. */
  frameData(payload: Uint8Array): void;
  frameData(): void {
    throw new Error('Data came, and none was expected');
  }

  messageEnd(): void {}

  pong(payload: Uint8Array): void {
    this.#pong = new TextDecoder().decode(payload);
  }

  failed(error: Error): void {
    this.#error ??= error.message;
  }

  closed(code: number, reason: string): void {
    this.#resolve({
      id: this.task.id,
      subprotocol: this.#subprotocol,
      ...(this.#received === undefined ? {} : { received: this.#received }),
      ...(this.#pong === undefined ? {} : { pong: this.#pong }),
      ...this.addToReport(),
      code,
      reason,
      ...(this.#error === undefined ? {} : { error: this.#error }),
    });
  }

  /** Ends the connection, if it is there. */
  drop(): void {
    this.#sender?.dropConnection();
  }

  protected get sender(): Sender {
    if (this.#sender === undefined) throw new Error('The connection is not open yet');
    return this.#sender;
  }

  /** Whether the message has come as often as is expected. */
  protected get isLast(): boolean {
    return this.#count >= this.task.messages;
  }

  /** Whether all has come that is expected: messages, and the pong of a ping. */
  protected get isComplete(): boolean {
    return this.isLast && (this.task.ping === '' || this.#pong !== undefined);
  }

  /** What a subclass adds to the report. */
  protected addToReport(): Partial<Report> {
    return {};
  }

  protected received(payload: Uint8Array, isBinary: boolean): void {
    const message = describeMessage(payload, isBinary);
    if (this.#received !== undefined && this.#received.sha256 !== message.sha256) {
      this.failed(new Error('a message was another one than before'));
    }
    this.#received = message;
    this.#count++;
  }

  /** Starts the closing handshake, if that is our part. */
  protected close(): void {
    const { closes, code, reason } = this.task;
    if (!closes) return;
    if (code === 0) this.sender.sendClose();
    else this.sender.sendClose(code, reason);
  }
}

/** The bytes of a message. */
export function toBytes(payload: string | Uint8Array): Uint8Array {
  return typeof payload === 'string' ? Buffer.from(payload) : payload;
}
