import { WebSocketServerProtocol } from 'millrace';

import { announcedLength } from './announced-length.ts';

/** Echoes whole messages. */
export class MessageEchoServer extends WebSocketServerProtocol {
  override onMessage(payload: string | Uint8Array, isBinary: boolean): void {
    this.sendMessage(payload, { binary: isBinary });
  }
}

/** Echoes frame by frame: each goes out when the whole of it is in. */
export class FrameEchoServer extends WebSocketServerProtocol {
  override onMessageBegin(opcode: number): void {
    this.beginMessage(opcode);
  }

  override onMessageFrame(payload: Uint8Array): void {
    this.sendMessageFrame(payload);
  }

  override onMessageEnd(): void {
    this.endMessage();
  }
}

/** Echoes bytes as they arrive, a frame for each piece: nothing is ever collected. */
export class StreamEchoServer extends WebSocketServerProtocol {
  override onMessageBegin(opcode: number): void {
    this.beginMessage(opcode);
  }

  override onMessageFrameData(payload: Uint8Array): void {
    this.sendMessageFrame(payload);
  }

  override onMessageFrameEnd(): void {
    // What came of the frame is under way already.
  }

  override onMessageEnd(): void {
    this.endMessage();
  }
}

/** Echoes each frame as it comes: announced with its length, and then byte by byte. */
export class MirrorEchoServer extends WebSocketServerProtocol {
  override onMessageBegin(opcode: number): void {
    this.beginMessage(opcode);
  }

  override onMessageFrameBegin(length: number): void {
    this.beginMessageFrame(announcedLength(length));
  }

  override onMessageFrameData(payload: Uint8Array): void {
    this.sendMessageFrameData(payload);
  }

  override onMessageFrameEnd(): void {
    // The frame ended by itself when its last byte was sent.
  }

  override onMessageEnd(): void {
    this.endMessage();
  }
}
