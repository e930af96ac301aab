import { MessageType } from 'millrace';

import { createPayload, cut } from '../payload.ts';
import type { Report, Task } from '../test-case.ts';
import { compressBegun, compressOption, fragmentOption } from './endpoint.ts';
import { Exchange, toBytes } from './exchange.ts';
import type { Sender } from './exchange.ts';

/** Sends a message at the level of its task; what comes back is collected from the hooks of that level. */
export class EchoClient extends Exchange {
  #chunks: Uint8Array[] = [];
  #opcode: number = MessageType.TEXT;
  #frames = 0;

  override opened(sender: Sender): void {
    super.opened(sender);
    this.#send();
  }

  override message(payload: string | Uint8Array, isBinary: boolean): void {
    this.received(toBytes(payload), isBinary);
    this.#goOn();
  }

  #send(): void {
    const payload = createPayload(this.task);
    switch (this.task.level) {
      case 'message':
        sendAsMessage(this.sender, this.task, this.task.binary ? payload : toText(payload));
        break;
      case 'frame':
        this.#sendFrames(payload);
        break;
      case 'streaming':
        // The length of a compressed frame is not known before.
        if (this.task.compression === undefined) this.#sendStream(payload);
        else this.#sendFrames(payload);
        break;
    }
  }

  override messageBegin(opcode: number): void {
    this.#opcode = opcode;
    this.#frames = 0;
    this.#chunks = [];
  }

  override frame(payload: Uint8Array): void {
    this.#frames++;
    this.#chunks.push(payload);
  }

  override frameBegin(): void {
    this.#frames++;
  }

  override frameData(payload: Uint8Array): void {
    this.#chunks.push(payload);
  }

  override messageEnd(): void {
    this.received(Buffer.concat(this.#chunks), this.#opcode === MessageType.BINARY);
    this.#goOn();
  }

  override pong(payload: Uint8Array): void {
    super.pong(payload);
    this.#closeIfComplete();
  }

  protected override addToReport(): Partial<Report> {
    return this.#frames === 0 ? {} : { frames: this.#frames };
  }

  #sendFrames(payload: Uint8Array): void {
    const { binary, fragments, ping } = this.task;
    this.sender.beginMessage(binary ? MessageType.BINARY : MessageType.TEXT, compressBegun(this.task));
    for (const [index, piece] of cut(payload, fragments).entries()) {
      this.sender.sendMessageFrame(piece);
      if (index === 0 && ping !== '') this.sender.sendPing(Buffer.from(ping));
    }
    this.sender.endMessage();
  }

  /** Each frame in two parts; the ping is sent between those of the first one, and may not go out there. */
  #sendStream(payload: Uint8Array): void {
    const { binary, fragments, ping } = this.task;
    this.sender.beginMessage(binary ? MessageType.BINARY : MessageType.TEXT);
    for (const [index, piece] of cut(payload, fragments).entries()) {
      const [head = piece, tail = piece] = cut(piece, 2);
      this.sender.beginMessageFrame(piece.length);
      if (head.length > 0) this.sender.sendMessageFrameData(head);
      if (index === 0 && ping !== '') this.sender.sendPing(Buffer.from(ping));
      if (tail.length > 0) this.sender.sendMessageFrameData(tail);
    }
    this.sender.endMessage();
  }

  #goOn(): void {
    if (this.isLast) this.#closeIfComplete();
    else this.#send();
  }

  #closeIfComplete(): void {
    if (this.isComplete) this.close();
  }
}

/** Sends back what comes: each message, each frame, or everything as it arrives. */
export class EchoServer extends Exchange {
  #chunks: Uint8Array[] = [];
  #opcode: number = MessageType.TEXT;
  #frames = 0;
  #isPingSent = false;

  override message(payload: string | Uint8Array, isBinary: boolean): void {
    this.received(toBytes(payload), isBinary);
    sendAsMessage(this.sender, { ...this.task, binary: isBinary }, payload);
    this.#closeIfLast();
  }

  override messageBegin(opcode: number): void {
    this.#opcode = opcode;
    this.#frames = 0;
    this.#chunks = [];
    this.sender.beginMessage(opcode, compressBegun(this.task));
  }

  override frame(payload: Uint8Array): void {
    this.#frames++;
    this.#chunks.push(payload);
    this.sender.sendMessageFrame(payload);
    this.#sendPing();
  }

  override frameBegin(length: number): void {
    this.#frames++;
    if (this.task.compression === undefined) this.sender.beginMessageFrame(length);
  }

  override frameData(payload: Uint8Array): void {
    this.#chunks.push(payload);
    if (this.task.compression === undefined) this.sender.sendMessageFrameData(payload);
    else this.sender.sendMessageFrame(payload);
    this.#sendPing();
  }

  override messageEnd(): void {
    this.sender.endMessage();
    this.received(Buffer.concat(this.#chunks), this.#opcode === MessageType.BINARY);
    this.#closeIfLast();
  }

  protected override addToReport(): Partial<Report> {
    return this.#frames === 0 ? {} : { frames: this.#frames };
  }

  #closeIfLast(): void {
    if (this.isLast) this.close();
  }

  #sendPing(): void {
    if (this.task.ping === '' || this.#isPingSent) return;
    this.#isPingSent = true;
    this.sender.sendPing(Buffer.from(this.task.ping));
  }
}

function toText(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

function sendAsMessage(sender: Sender, task: Task, payload: string | Uint8Array): void {
  const { binary, ping } = task;
  if (ping !== '') sender.sendPing(Buffer.from(ping));
  sender.sendMessage(payload, { binary, ...fragmentOption(task), ...compressOption(task) });
}
