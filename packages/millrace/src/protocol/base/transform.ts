/** The beginning of a message, for a transform. */
export interface TransformedMessage {
  /** The type of the message: the opcode of its first frame. */
  readonly opcode: number;
  /** Reserved bits of its first frame, as a three-bit number: RSV1 is `0b100`. Of a message to be sent: those of the extensions before. */
  readonly reservedBits: number;
}

/** A message that is about to be sent, for a transform. */
export interface OutgoingMessage extends TransformedMessage {
  /** What the application said for this message: `true`, `false`, or nothing. */
  readonly compress: boolean | undefined;
  /** The length of its payload in bytes; `undefined` for a message that comes in pieces. */
  readonly length: number | undefined;
}

/**
 * Changes the payload of messages, piece by piece, one message at a time.
 *
 * For each message, `begin` says whether it is to be changed. If it is, payload goes in by {@link push}, and after each push and after {@link end} the
 * engine calls {@link pull} until it gives `undefined`. A piece may be given at once, or later, as a promise. The engine stops to pull for as long
 * as the application or the socket does not take more, so a transform must not make output ahead of `pull`.
 *
 * What it throws, or rejects with, fails the connection: a `RemoteProtocolError` with its close code, any other error with 1011.
 */
export interface PayloadTransform {
  /**
   * Takes payload.
   *
   * @param chunk - at least one byte; the transform's for good
   */
  push(chunk: Uint8Array): void;
  /**
   * Gives the next piece of output.
   *
   * @param signal - fires when the connection has ended and the output is of no use any more
   *
   * @returns at least one byte and at most 64 KiB, which nobody changes any more; `undefined` when all that can be made of the input so far was given
   */
  pull(signal: AbortSignal): PulledPiece | Promise<PulledPiece>;
  /** The payload of the message is complete; what is left is pulled. */
  end(): void;
}

/** What a transform gives: a piece of payload, or nothing for now. */
export type PulledPiece = Uint8Array | undefined;

/** Changes the payload of messages that are received. */
export interface MessageTransform extends PayloadTransform {
  /**
   * A message begins.
   *
   * @returns whether it goes through this transform; otherwise it is passed by unchanged
   */
  begin(message: TransformedMessage): boolean;
}

/** Changes the payload of messages that are sent. */
export interface SendTransform extends PayloadTransform {
  /**
   * A message begins.
   *
   * @returns the reserved bits that it sets on the first frame, as a three-bit number, if the message goes through this transform; `undefined` to pass it by
   *   unchanged
   */
  begin(message: OutgoingMessage): number | undefined;
  /** What was pushed so far is to be of use to the peer as soon as it was pulled: nothing may be kept back for better output. */
  flush(): void;
  /** How prepared messages go through this transform; without it, each is pushed like any other. */
  readonly shared?: SharedTransform | undefined;
}

/** Transforms a message once for many connections. */
export interface SharedTransform {
  /** Connections with the same key can be sent the same bytes. */
  readonly key: string;
  /** Transforms a whole payload without regard to any connection. */
  transform(payload: Uint8Array): Uint8Array | Promise<Uint8Array>;
  /** Such bytes were sent on this connection: what the peer remembers has changed. */
  onSent(): void;
}
