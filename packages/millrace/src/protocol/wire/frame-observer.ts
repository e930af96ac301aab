import type { FrameHeader } from './frame-header.ts';

/**
 * Watches the frames of a connection, whoever sends them. It is told in the midst of things, so it must not throw, and must not call the connection.
 */
export interface FrameObserver {
  /** Whether it wants to be told of frames that are received. Asked for each. */
  readonly observesReceived: boolean;
  /** Whether it wants to be told of frames that are sent. Asked for each. */
  readonly observesSent: boolean;
  /**
   * The header of a frame has come. It has not been judged yet.
   *
   * @param header - valid until the call returns
   */
  onFrameReceived(header: FrameHeader): void;
  /**
   * A frame is on its way: it waits for the transport at most.
   *
   * @param byte0 - first byte of its header: FIN, reserved bits and opcode
   * @param length - of its payload, in bytes
   */
  onFrameSent(byte0: number, length: number | bigint): void;
}

/** For connections that nobody watches. */
export const UNOBSERVED: FrameObserver = {
  observesReceived: false,
  observesSent: false,
  onFrameReceived: nothing,
  onFrameSent: nothing,
};

function nothing(): void {
  // Nobody wants to know.
}
