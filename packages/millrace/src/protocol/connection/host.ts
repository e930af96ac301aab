import type { Closure } from '../base/closure.ts';
import type { TextCodec } from '../wire/text-codec.ts';

/** What a connection asks of whoever drives it. */
export interface ConnectionHost {
  /** UTF-8 as the host does it best; `portableTextCodec` works everywhere. */
  readonly text: TextCodec;
  /** Whether the driver copies what it takes out, so that memory that was given to a send is free again when it was taken. */
  readonly copiesOutput: boolean;
  /** The time in milliseconds, of a clock that never goes back. */
  now(): number;
  /** A masking key that cannot be predicted: 32 random bits as a signed number (RFC 6455 §5.3, §10.3). */
  maskingKey(): number;
  /** Bytes that were taken from the connection and that the transport has not written yet; when it has ended, that it never wrote. */
  transportBufferedAmount(): number;
  /**
   * Something changed outside of a call of the driver: there is output, receiving was paused or resumed, the next deadline is nearer, or
   * the transport is to end. The driver looks after all of it, soon, but not within this call. May be called often.
   */
  requestUpdate(): void;
  /** How long the connection may work in this turn of the event loop, in milliseconds, its handlers included. */
  turnTime(): number;
  /** Has the driver call {@link Connection.handleTurn} in a later turn of the event loop, when other connections have had theirs. */
  requestTurn(): void;
}

/** What whoever made a connection is told of it, besides what is received. */
export interface ConnectionOwner {
  /**
   * Whether the application has not returned from what it was given last, so that the peer's Close is not answered yet. When that changes,
   * call `proceed` of the connection.
   */
  readonly isWorking: boolean;
  /** A Pong came in, asked for or not: told at once, ahead of messages that wait. */
  onPong(payload: Uint8Array): void;
  /** A handler threw `error`, and the connection has failed for it, if it was not over. What this throws itself is lost. */
  onError(error: Error): void;
  /** More than `highWaterMark` bytes are on their way out. Told inside each send after which it is so. */
  onHighWater(): void;
  /** Some output was written, or given back; told only while `MessageSender.tellsProgress` is set. */
  onProgress(): void;
  /** All output is written, after {@link onHighWater}. */
  onDrain(): void;
  /** Nothing can be sent any more, not even the rest of an open message. Told once, before {@link onEnded}. */
  onClosing(): void;
  /** `readAhead` is full: nothing more is read until the application takes something. */
  onFull(): void;
  /** The connection has ended. Told once, at once. */
  onEnded(closure: Closure): void;
  /**
   * The connection is over. Told once, last: behind all messages that were complete before its end and that wait for an application that is busy, but no
   * later than `closeTimeout` after its end. Nothing else is told after.
   */
  onClosed(closure: Closure): void;
}

/** What a driver does with its transport: go on; write all output, then half-close; or destroy it now. */
export type TransportDirective = 'open' | 'end' | 'drop';

/**
 * Counters of a connection since its opening handshake, at three levels: the wire, its frames (control frames included), and messages. A frame or message
 * counts when it is complete, its bytes as they come.
 */
export interface ConnectionStats {
  /** The wire: bytes received, headers included. */
  readonly bytesReceived: number;
  /** The wire: bytes handed to the transport, headers included. */
  readonly bytesSent: number;
  readonly framesReceived: number;
  readonly framesSent: number;
  /** Payload of the frames received, in bytes, as it was on the wire: of compressed messages, the compressed. */
  readonly frameBytesReceived: number;
  /** Payload of the frames sent, or on their way, in bytes. */
  readonly frameBytesSent: number;
  readonly messagesReceived: number;
  readonly messagesSent: number;
  /** Payload of the messages received, in bytes, as the application gets it. */
  readonly messageBytesReceived: number;
  /** Payload of the messages sent, or on their way, in bytes, as the application gave it. */
  readonly messageBytesSent: number;
  /** Bytes on the wire for each byte of the messages received; `undefined` where no extension changes them, and before there are any. */
  readonly compressionRatioReceived: number | undefined;
  /** Bytes on the wire for each byte of the messages sent; `undefined` where no extension changes them, and before there are any. */
  readonly compressionRatioSent: number | undefined;
  /** Time between a ping and its pong, in milliseconds, for the last ping of keepalive or of `ping()` that was answered; `undefined` before. */
  readonly pingLatency: number | undefined;
}

/** Counters of a connection that never was. */
export const NO_STATS: ConnectionStats = Object.freeze({
  bytesReceived: 0,
  bytesSent: 0,
  framesReceived: 0,
  framesSent: 0,
  frameBytesReceived: 0,
  frameBytesSent: 0,
  messagesReceived: 0,
  messagesSent: 0,
  messageBytesReceived: 0,
  messageBytesSent: 0,
  compressionRatioReceived: undefined,
  compressionRatioSent: undefined,
  pingLatency: undefined,
});
