import type { FrameHeader } from '../wire/frame-header.ts';

/**
 * Level 3, streaming: payload as it arrives. Nothing is buffered for it.
 *
 * This is also the interface of everything that stands between the wire and a handler (extensions, limits, checking UTF-8): each is a
 * `StreamingHandler` that calls the next.
 */
export interface StreamingHandler {
  /**
   * A message begins.
   *
   * @param opcode - its type: that of its first frame
   */
  onMessageBegin(opcode: number): void;
  /**
   * A frame of the message begins.
   *
   * @param header - valid until the call returns
   */
  onFrameBegin(header: FrameHeader): void;
  /**
   * Some payload of the frame; called zero or more times a frame.
   *
   * @param chunk - at least one byte, lent until the call returns
   */
  onFrameData(chunk: Uint8Array): void;
  /** The frame is complete. */
  onFrameEnd(): void;
  /** The message is complete. */
  onMessageEnd(): void;
}

/** Level 3 for those who can do with a whole message as well: it takes one call in place of five. */
export interface WholeMessageHandler extends StreamingHandler {
  /**
   * A message of one frame has come whole. None of the other methods is called for it.
   *
   * @param payload - the receiver's for good
   * @param opcode - its type
   */
  onWholeMessage(payload: Uint8Array, opcode: number): void;
  /** The message that has begun last will never be complete: the peer's Close came inside it. Told behind what came of it. */
  onMessageCut(): void;
}

/** Level 2, frames: one call a frame, of any size up to `maxFrameSize`. */
export interface FrameHandler {
  /** A message begins; `opcode` is its type. */
  onMessageBegin(opcode: number): void;
  /**
   * A frame is complete.
   *
   * @param payload - the receiver's for good
   * @param reservedBits - the reserved bits of the frame, as a three-bit number
   */
  onFrame(payload: Uint8Array, reservedBits: number): void;
  /** The message is complete. */
  onMessageEnd(): void;
}

/** Level 1, messages: one call a message, of any size up to `maxMessageSize`. */
export interface MessageHandler {
  /**
   * A message is complete.
   *
   * @param payload - text as a string (a leading U+FEFF is kept), all else as bytes that are the receiver's for good
   * @param opcode - the type of the message
   */
  onMessage(payload: string | Uint8Array, opcode: number): void;
}

/** What is told of control frames, between the frames of messages. */
export interface ControlHandler {
  /**
   * A control frame is complete.
   *
   * @param opcode - Close, Ping, Pong or a reserved one that was claimed
   * @param payload - at most 125 bytes, the receiver's for good
   * @param reservedBits - the reserved bits of the frame, as a three-bit number
   */
  onControlFrame(opcode: number, payload: Uint8Array, reservedBits: number): void;
}

/** Copies bytes to memory that is the receiver's for good. */
export type CopyPayload = (bytes: Uint8Array) => Uint8Array<ArrayBuffer>;

/** The level that an application took, with its handler. */
export type Receiver =
  | { readonly level: 'message'; readonly handler: MessageHandler }
  | { readonly level: 'frame'; readonly handler: FrameHandler }
  | { readonly level: 'streaming'; readonly handler: StreamingHandler; readonly lendsPayload?: boolean | undefined }
  | {
      readonly level: 'whole or streaming';
      readonly handler: WholeMessageHandler;
      /** Whether text is handed over only if it is UTF-8, as RFC 6455 §8.1 wants it; it is unless this is `false`. */
      readonly checksText?: boolean | undefined;
      /**
       * Whether the chunks of a message that does not come whole are lent until the call returns, and not the receiver's for good; they are not unless this is
       * `true`.
       */
      readonly lendsPayload?: boolean | undefined;
      /** Copies the payload of a message that has come whole; into a `Uint8Array` of its own unless given. */
      readonly copyPayload?: CopyPayload | undefined;
    };

/** Limits for what is collected, in bytes; `Infinity` sets none. */
export interface CollectorLimits {
  /** Longest frame that is collected. */
  readonly maxFrameSize: number;
  /** Longest message that is collected. */
  readonly maxMessageSize: number;
}

/** Whether what a receiver is given of a message in pieces is lent. */
export function lendsPayload(receiver: Receiver): boolean {
  return 'lendsPayload' in receiver && receiver.lendsPayload === true;
}

/** How a receiver has payload copied that it gets for good. */
export function copyPayloadOf(receiver: Receiver): CopyPayload {
  return ('copyPayload' in receiver ? receiver.copyPayload : undefined) ?? copyBytes;
}

function copyBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
