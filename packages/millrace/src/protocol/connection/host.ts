import type { Closure } from '../base/closure.ts';
import type { TextCodec } from '../wire/text-codec.ts';

/** What a connection asks of whoever drives it. */
export interface ConnectionHost {
  /** UTF-8 as the host does it best; `portableTextCodec` works everywhere. */
  readonly text: TextCodec;
  /** The time in milliseconds, of a clock that never goes back. */
  now(): number;
  /** A masking key that cannot be predicted: 32 random bits as a signed number (RFC 6455 §5.3, §10.3). */
  maskingKey(): number;
  /** Bytes that were taken from the connection and that the transport has not written yet. */
  transportBufferedAmount(): number;
  /**
   * Something changed outside of a call of the driver: there is output, receiving was paused or resumed, the next deadline is nearer, or
   * the transport is to end. The driver looks after all of it, soon, but not within this call. May be called often.
   */
  requestUpdate(): void;
}

/** What an application is told of its connection, besides the messages. */
export interface ConnectionHandler {
  /**
   * A Ping came in. Answering it is the handler's: with `sendPong`, and the same payload (RFC 6455 §5.5.2).
   *
   * @param payload - at most 125 bytes, the handler's for good
   */
  onPing(payload: Uint8Array): void;
  /** A Pong came in, asked for or not (RFC 6455 §5.5.3). */
  onPong(payload: Uint8Array): void;
  /** A control frame with a claimed opcode came in. */
  onControlFrame(opcode: number, payload: Uint8Array, reservedBits: number): void;
  /** A handler threw `error`, and the connection has failed for it, if it was not over. What this throws itself is lost. */
  onError(error: Error): void;
  /** More than `highWaterMark` bytes are on their way out. Told inside each send after which it is so. */
  onHighWater(): void;
  /** All output is written, after {@link onHighWater}. */
  onDrain(): void;
  /** Nothing can be sent any more, not even the rest of an open message. Told once, before {@link onClosed}. */
  onClosing(): void;
  /** The connection is over. Told once; nothing else is told after, except what it throws itself. */
  onClosed(closure: Closure): void;
}

/** What a driver does with its transport: go on; write all output, then half-close; or destroy it now. */
export type TransportDirective = 'open' | 'end' | 'drop';

/** Counters of a connection since its opening handshake. */
export interface ConnectionStats {
  /** Bytes received, headers included. */
  readonly bytesReceived: number;
  /** Bytes handed to the transport, headers included. */
  readonly bytesSent: number;
  readonly framesReceived: number;
  readonly messagesReceived: number;
  readonly framesSent: number;
  readonly messagesSent: number;
}
