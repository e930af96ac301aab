import type { Duplex } from 'node:stream';

import { Opcode } from '../protocol/base/opcode.ts';
import { ByteCollector } from '../protocol/receive/stages/byte-collector.ts';
import type { FrameHeader } from '../protocol/wire/frame-header.ts';
import { FrameParser } from '../protocol/wire/frame-parser.ts';
import { portableTextCodec } from '../protocol/wire/text-codec.ts';
import { encodeFrameScript, type FrameScript } from './frame-script.ts';
import type { TransportUser } from './memory-transport.ts';

/** A frame as a {@link ScriptedPeer} received it, decoded and not judged. */
export interface PeerFrame {
  readonly fin: boolean;
  /** Three reserved bits. */
  readonly reservedBits: number;
  readonly opcode: number;
  /** As a signed 32-bit number, or `undefined` if the frame was not masked. */
  readonly maskingKey: number | undefined;
  /** The length that its header announced. */
  readonly announced: bigint;
  /** What came of its payload, unmasked. */
  readonly payload: Uint8Array;
}

/** What a {@link ScriptedPeer} learns: a whole frame; that nothing more will come; that the transport failed; that it is gone. */
export type PeerEvent =
  | { readonly type: 'frame'; readonly frame: PeerFrame }
  | { readonly type: 'end' }
  | { readonly type: 'error'; readonly error: Error }
  | { readonly type: 'close' };

/** Where a {@link ScriptedPeer} writes to. */
export interface PeerTransport {
  write(bytes: Uint8Array): void;
  /** Ends this side. */
  end(): void;
  /** Closes both. */
  destroy(): void;
}

/**
 * A peer that says exactly what a test tells it to, right or wrong, and writes down what it hears, frame by frame. It answers nothing by
 * itself.
 */
export class ScriptedPeer implements TransportUser {
  readonly wantsInput = true;
  /** All that was learned, in order. */
  readonly events: PeerEvent[] = [];

  readonly #masks: boolean;
  readonly #transport: PeerTransport;
  readonly #parser: FrameParser;
  #header: FrameHeader | undefined;
  #payload = new ByteCollector();
  #key = 0;
  /** How many events {@link next} and {@link take} have handed out. */
  #taken = 0;
  #wake: () => void = () => undefined;
  #learned: Promise<void> = Promise.resolve();

  /** @param role - that of the peer: a client masks, unless a script says otherwise */
  constructor(role: 'client' | 'server', transport: PeerTransport) {
    this.#masks = role === 'client';
    this.#transport = transport;
    this.#parser = new FrameParser({
      frameBegin: (header) => (this.#header = { ...header }),
      frameData: (payload) => this.#payload.append(payload, Infinity),
      frameEnd: () => this.#endFrame(),
    });
    this.#expectNews();
  }

  /** Makes a peer that speaks over a duplex stream, such as a socket, whose opening handshake is done. */
  static over(role: 'client' | 'server', stream: Duplex): ScriptedPeer {
    const peer = new ScriptedPeer(role, {
      write: (bytes) => void stream.write(bytes),
      end: () => void stream.end(),
      destroy: () => void stream.destroy(),
    });
    stream.allowHalfOpen = true;
    stream.on('data', (chunk: Uint8Array) => peer.receive(new Uint8Array(chunk)));
    stream.on('end', () => peer.receiveEnd());
    stream.on('error', (error) => peer.failed(error));
    stream.on('close', () => peer.closed());
    return peer;
  }

  // What it says

  /** Sends bytes as they are. */
  sendBytes(bytes: Uint8Array): void {
    this.#transport.write(new Uint8Array(bytes));
  }

  /** Sends a frame, right or wrong. Each has a masking key of its own, if it has one. */
  sendFrame(script: FrameScript): void {
    this.#key = (this.#key + 0x0135_79bd) | 0;
    this.#transport.write(encodeFrameScript(script, this.#masks ? this.#key : 'none'));
  }

  /** Sends a text message in one frame. */
  sendText(text: string): void {
    this.sendFrame({ opcode: Opcode.TEXT, payload: text });
  }

  /** Sends Close; without a code, one with an empty body. The code is not checked. */
  sendClose(code?: number, reason = ''): void {
    if (code === undefined) {
      this.sendFrame({ opcode: Opcode.CLOSE });
      return;
    }
    const text = portableTextCodec.encode(reason);
    const payload = new Uint8Array(2 + text.length);
    new DataView(payload.buffer).setUint16(0, code);
    payload.set(text, 2);
    this.sendFrame({ opcode: Opcode.CLOSE, payload });
  }

  /** Ends its side of the transport. */
  end(): void {
    this.#transport.end();
  }

  /** Closes the transport. */
  destroy(): void {
    this.#transport.destroy();
  }

  // What it hears

  /** The frames that came whole, in order. */
  get frames(): PeerFrame[] {
    return this.events.flatMap((event) => (event.type === 'frame' ? [event.frame] : []));
  }

  /**
   * Ends a frame that came in part, or its message, for the record.
   *
   * @returns the frame with what came of it, or `undefined` if none has begun. What else comes of it is recorded apart
   */
  takeUnfinished(): PeerFrame | undefined {
    return this.#header === undefined ? undefined : this.#takeFrame(this.#header);
  }

  /** The next event that neither this nor {@link next} has handed out, or `undefined` if there is none yet. */
  take(): PeerEvent | undefined {
    const event = this.events[this.#taken];
    if (event !== undefined) this.#taken++;
    return event;
  }

  /** Waits for the next event that neither this nor {@link take} has handed out. */
  async next(): Promise<PeerEvent> {
    for (;;) {
      const event = this.take();
      if (event !== undefined) return event;
      await this.#learned;
    }
  }

  /**
   * Waits for the next frame.
   *
   * @throws {Error} the transport ended first
   */
  async nextFrame(): Promise<PeerFrame> {
    const event = await this.next();
    if (event.type === 'frame') return event.frame;
    throw new Error(`expected a frame, but the transport told '${event.type}'`);
  }

  // What the transport tells

  receive(chunk: Uint8Array): void {
    this.#parser.push(chunk, 0);
  }

  receiveEnd(): void {
    this.#learn({ type: 'end' });
  }

  written(): void {
    // It never waits.
  }

  failed(error: Error): void {
    this.#learn({ type: 'error', error });
  }

  closed(): void {
    this.#learn({ type: 'close' });
  }

  #endFrame(): void {
    if (this.#header !== undefined) this.#learn({ type: 'frame', frame: this.#takeFrame(this.#header) });
  }

  #takeFrame(header: FrameHeader): PeerFrame {
    const { fin, reservedBits, opcode, maskingKey, lengthHigh, lengthLow } = header;
    this.#header = undefined;
    const announced = BigInt(lengthHigh) * 2n ** 32n + BigInt(lengthLow);
    return { fin, reservedBits, opcode, maskingKey, announced, payload: this.#payload.take() };
  }

  #learn(event: PeerEvent): void {
    this.events.push(event);
    this.#wake();
    this.#expectNews();
  }

  #expectNews(): void {
    this.#learned = new Promise((resolve) => (this.#wake = resolve));
  }
}
