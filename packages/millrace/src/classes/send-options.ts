/** How `sendMessage` of a protocol class sends. */
export interface SendMessageOptions {
  /** Whether the message is binary; by default, bytes are and text is not. Bytes to be sent as text are checked. */
  readonly binary?: boolean | undefined;
  /** Longest frame, in bytes; the option `fragmentSize` of the factory unless given. */
  readonly fragmentSize?: number | undefined;
  /** Whether it is compressed, where the peer has agreed to it; unless given, it is from `threshold` on. */
  readonly compress?: boolean | undefined;
}

/** How a message is begun whose frames follow. */
export interface BeginMessageOptions {
  /**
   * Whether it is compressed, where the peer has agreed to it. Then `beginMessageFrame` throws: the length of a frame is not known before.
   *
   * @defaultValue false
   */
  readonly compress?: boolean | undefined;
}

/** How a frame of a message is sent. */
export interface SendFrameOptions {
  /** Reserved bits, a three-bit number of bits that `extensionPoints` claims; RSV1 is `0b100`. */
  readonly reserved?: number | undefined;
  /** Whether it ends its message, so that `endMessage` adds no frame of its own. */
  readonly final?: boolean | undefined;
}
