import { WebSocketServerProtocol } from 'millrace';

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
