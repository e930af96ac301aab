import { WebSocketClientFactory, WebSocketClientProtocol, connectWS } from 'millrace';

import { announcedLength } from './announced-length.ts';

/** A client that says when it is over. */
export abstract class TestClient extends WebSocketClientProtocol<TestClientFactory> {
  override onClose(): void {
    this.factory.done();
  }

  override onOpenFailed(): void {
    this.factory.done();
  }
}

/** Connects one client, and learns when it is over. */
export class TestClientFactory extends WebSocketClientFactory {
  readonly done: () => void;
  readonly onText: (text: string) => void;

  constructor(url: string, protocol: new () => TestClient, done: () => void, onText: (text: string) => void) {
    super(url, { protocol, compression: protocol !== MirrorEchoClient });
    this.done = done;
    this.onText = onText;
  }
}

/** Hands over what the server says. */
export class ListeningClient extends TestClient {
  override onMessage(payload: string | Uint8Array): void {
    if (typeof payload === 'string') this.factory.onText(payload);
  }
}

/** Echoes whole messages. */
export class MessageEchoClient extends TestClient {
  override onMessage(payload: string | Uint8Array, isBinary: boolean): void {
    this.sendMessage(payload, { binary: isBinary });
  }
}

/** Echoes frame by frame. */
export class FrameEchoClient extends TestClient {
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

/** Echoes bytes as they arrive. */
export class StreamEchoClient extends TestClient {
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
export class MirrorEchoClient extends TestClient {
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

/** Connects, and resolves when the connection is over or could not be made. */
export function connectClient(
  url: string,
  protocol: new () => TestClient,
  onText: (text: string) => void,
): Promise<void> {
  return new Promise((resolve) => {
    connectWS(new TestClientFactory(url, protocol, resolve, onText)).catch(() => undefined);
  });
}
