import { createHash } from 'node:crypto';

import { WebSocketServerFactory, WebSocketServerProtocol, listenWS } from 'millrace';

import { RunningHash } from './running-hash.ts';
import { announceReady, compressionOptions, readPeerArguments, refuseMode, UNLIMITED } from './support.ts';

const args = readPeerArguments();
const { port, mode, variant, tls } = args;

class EchoServer extends WebSocketServerProtocol {
  override onMessage(payload: string | Uint8Array, isBinary: boolean): void {
    this.sendMessage(payload, { binary: isBinary });
  }
}

class MessageHashServer extends WebSocketServerProtocol {
  override onMessage(payload: string | Uint8Array): void {
    this.sendMessage(createHash('sha256').update(payload).digest('hex'));
  }
}

/** Answers the same as {@link MessageHashServer}, but collects nothing. */
class StreamedMessageHashServer extends WebSocketServerProtocol {
  #hash = createHash('sha256');
  override onMessageBegin(): void {
    this.#hash = createHash('sha256');
  }
  override onMessageFrameData(payload: Uint8Array): void {
    this.#hash.update(payload);
  }
  override onMessageFrameEnd(): void {
    // Nothing was collected.
  }
  override onMessageEnd(): void {
    this.sendMessage(this.#hash.digest('hex'));
  }
}

class FrameHashServer extends WebSocketServerProtocol {
  readonly #hash = createHash('sha256');
  override onMessageFrame(payload: Uint8Array): void {
    this.#hash.update(payload);
    this.sendMessage(this.#hash.copy().digest('hex'));
  }
}

class StreamHashServer extends WebSocketServerProtocol {
  readonly #hash = new RunningHash((digest) => this.sendMessage(digest));
  override onMessageFrameData(payload: Uint8Array): void {
    this.#hash.update(payload);
  }
}

const receivers = new Set<BroadcastServer>();

class BroadcastServer extends WebSocketServerProtocol {
  override onOpen(): void {
    receivers.add(this);
  }
  override onMessage(payload: string | Uint8Array): void {
    const message = factory.prepareMessage(payload);
    for (const receiver of receivers) receiver.sendPreparedMessage(message);
  }
  override onClose(): void {
    receivers.delete(this);
  }
}

function protocolFor(): new () => WebSocketServerProtocol {
  if (mode === 'echo' || mode === 'handshake') return EchoServer;
  if (mode === 'hash-message') return variant === 'classes' ? MessageHashServer : StreamedMessageHashServer;
  if (mode === 'hash-frame') return FrameHashServer;
  if (mode === 'hash-stream') return StreamHashServer;
  if (mode === 'broadcast') return BroadcastServer;
  return refuseMode(mode);
}

const scheme = tls === undefined ? 'ws' : 'wss';
const factory = new WebSocketServerFactory(`${scheme}://127.0.0.1:${String(port)}`, {
  ...UNLIMITED,
  ...(tls === undefined ? {} : { tls }),
  protocol: protocolFor(),
  lendPayload: variant === 'lending',
  compression: compressionOptions(args),
});
await listenWS(factory);
announceReady();
