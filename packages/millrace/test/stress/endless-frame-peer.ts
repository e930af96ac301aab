// One end of the endless frame, in a process of its own: sends it, or receives it with pauses, and reports its memory.
//
// Arguments: `server` or `client`, `send` or `receive`, and the URL to connect to.

import { once } from 'node:events';

import {
  MAX_FRAME_LENGTH,
  MessageType,
  WebSocketClientFactory,
  WebSocketClientProtocol,
  WebSocketServerFactory,
  WebSocketServerProtocol,
  connectWS,
  listenWS,
  type Producer,
  type WebSocketProtocol,
} from '../../src/index.ts';
import { MIB } from './claim.ts';
import type { PeerReport } from './endless-frame.ts';
import { Progress } from './progress.ts';

/** How often the receiver pauses, in bytes, and for how long, in milliseconds. */
const PAUSE_EVERY = 64 * MIB;
const PAUSE = 10;

function tell(message: PeerReport | { readonly url: string }): void {
  process.send?.(message);
}

/** Sends the frame as a push producer, and ends the transport inside it. */
class EndlessProducer implements Producer {
  readonly #piece = new Uint8Array(256 * 1024).fill(0x5a);
  readonly #progress = new Progress();
  readonly #protocol: WebSocketProtocol;
  #isPaused = false;

  constructor(protocol: WebSocketProtocol) {
    this.#protocol = protocol;
  }

  start(): void {
    this.#protocol.beginMessage(MessageType.BINARY);
    this.#protocol.beginMessageFrame(MAX_FRAME_LENGTH);
    this.#protocol.registerProducer(this, true);
    this.resumeProducing();
  }

  pauseProducing(): void {
    this.#isPaused = true;
  }

  resumeProducing(): void {
    this.#isPaused = false;
    while (this.#send());
  }

  stopProducing(): void {
    this.#isPaused = true;
  }

  /** Sends a piece, and says whether another may follow. */
  #send(): boolean {
    this.#protocol.sendMessageFrameData(this.#piece);
    if (this.#progress.add(this.#piece.length)) {
      tell(this.#progress.report());
      this.#protocol.sendClose(1000);
    }
    return !this.#isPaused;
  }
}

/** Receives the frame, and pauses now and then. */
class Receiver {
  readonly #progress = new Progress();
  #untilPause = PAUSE_EVERY;

  take(protocol: WebSocketProtocol, payload: Uint8Array): void {
    if (this.#progress.add(payload.length)) tell(this.#progress.report());
    this.#untilPause -= payload.length;
    if (this.#untilPause > 0) return;
    this.#untilPause = PAUSE_EVERY;
    protocol.pauseReceiving();
    setTimeout(() => protocol.resumeReceiving(), PAUSE);
  }
}

const [role, does, url = ''] = process.argv.slice(2);
const isSender = does === 'send';

class StressServer extends WebSocketServerProtocol {
  readonly #receiver = new Receiver();
  override onOpen(): void {
    if (isSender) new EndlessProducer(this).start();
  }
  override onMessageFrameData(payload: Uint8Array): void {
    this.#receiver.take(this, payload);
  }
}

class StressClient extends WebSocketClientProtocol {
  readonly #receiver = new Receiver();
  override onOpen(): void {
    if (isSender) new EndlessProducer(this).start();
  }
  override onMessageFrameData(payload: Uint8Array): void {
    this.#receiver.take(this, payload);
  }
}

if (role === 'server') {
  const server = await listenWS(new WebSocketServerFactory('ws://127.0.0.1:0', { protocol: StressServer }));
  tell({ url: server.url });
  await once(process, 'disconnect');
  await server.close({ timeout: 0 });
} else {
  await connectWS(new WebSocketClientFactory(url, { protocol: StressClient }));
}
