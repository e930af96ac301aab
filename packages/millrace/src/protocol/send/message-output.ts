import type { MessageFormat, PreparedMessage } from './prepared-message.ts';

/** How one frame of an open message is sent. */
export interface FrameFormat {
  /** Its reserved bits, a three-bit number; 0 unless given. */
  readonly reservedBits?: number | undefined;
  /** Whether it is the last of its message, so that `endMessage` adds none. */
  readonly final?: boolean | undefined;
  /** Called when all of it has become output; never where the connection has ended before. */
  readonly onFramed?: (() => void) | undefined;
}

/** How a message is begun whose frames follow. */
export interface OpenFormat {
  /** What the application said for this message: `true`, `false`, or nothing. */
  readonly compress?: boolean | undefined;
}

/** How a whole message is given. */
export interface GivenFormat extends MessageFormat {
  /** Called when its memory is of no use any more, or was given on. */
  readonly onTaken?: (() => void) | undefined;
  /** Called in place of that, when the connection has ended before. */
  readonly onLost?: ((error: Error) => void) | undefined;
  /** Called when all of it has become output; never where the connection has ended before. */
  readonly onFramed?: (() => void) | undefined;
}

/**
 * The same, for a payload that is a copy: its memory is nobody's business any more. Of what is hardly ever given, nothing is kept, for there may be many that
 * wait.
 */
export function formatOfCopy(given: GivenFormat): GivenFormat {
  const { opcode, reservedBits, fragmentSize, compress, masks, onFramed } = given;
  const format = { opcode, reservedBits, fragmentSize, compress };
  return masks === undefined && onFramed === undefined ? format : { ...format, masks, onFramed };
}

/** Something that waits. */
export interface QueuedEntry {
  /**
   * Takes it back.
   *
   * @returns whether it still waited
   */
  withdraw(): boolean;
}

/**
 * Where messages and their frames are sent, one message at a time: the wire itself, or what changes them on their way to it.
 *
 * Methods throw a `LocalUsageError` where they are out of place, and change nothing then.
 */
export interface MessageOutput {
  /** Whether a message is open. */
  readonly insideMessage: boolean;
  /** Whether a frame is open, so that nothing but its payload can be sent. */
  readonly insideFrame: boolean;
  /** Whether the next frame is the first of the open message. */
  readonly isFirstFrame: boolean;
  /** Bytes missing of the open frame; above 2^53 rounded. */
  readonly missing: number;
  /** Bytes that it was given and that have not become output. */
  readonly pendingSize: number;
  /** What these cost in memory, in bytes. */
  readonly pendingCost: number;
  /** Bytes that were given, and whose memory changed hands before they could become output. */
  readonly lostSize: number;
  /** Whether nothing waits in it, so that a message goes through at once, or begins to. */
  readonly isIdle: boolean;
  /** Whether a payload of so many bytes is in use no longer when a call has returned; otherwise `onTaken` tells. */
  takesAtOnce(size: number): boolean;
  /**
   * Sends a message. No message may be open.
   *
   * @returns an entry to withdraw it by, if it has to wait
   */
  sendMessage(payload: string | Uint8Array, format: GivenFormat): QueuedEntry | undefined;
  /**
   * Sends a message that was framed before. No message may be open.
   *
   * @returns an entry to withdraw it by, if it has to wait
   */
  sendPreparedMessage(message: PreparedMessage): QueuedEntry | undefined;
  /** Opens a message, whose frames follow. */
  beginMessage(opcode: number, format?: OpenFormat): void;
  /** Sends a whole frame of the open message. */
  sendFrame(payload: Uint8Array, format?: FrameFormat): void;
  /** Opens a frame of exactly `length` bytes, which follow; one of length 0 is complete at once. */
  beginFrame(length: number | bigint, format?: FrameFormat): void;
  /** Sends payload of the open frame; see `Scheduler.sendFrameData`. */
  sendFrameData(payload: Uint8Array): number;
  /** Ends the open message. */
  endMessage(): void;
  /**
   * Takes the open message back, if all of it waits and no frame of it is open.
   *
   * @returns whether it did
   */
  withdrawOpen(): boolean;
  /** Checks that a frame can begin; `method` is who asks. */
  expectMessage(method: string): void;
  /** Checks that a frame is open. */
  expectFrame(): void;
  /** Sends Close behind all that was given, but for a message that is open, which is abandoned. */
  abandon(body: Uint8Array): void;
  /** Gives up the open message, and all that has not become output; see `Scheduler.cutOpenFrame`. */
  cutOpenFrame(): boolean;
  /** Output has left: goes on with what had to wait for that. */
  proceed(): void;
  /** When something takes too long, in milliseconds of the host's clock; `Infinity` for never. */
  readonly deadline: number;
  /** The connection has ended. */
  end(error: Error): void;
}

/** What is the same wherever messages become frames at once: nothing waits. */
export abstract class ImmediateOutput {
  get pendingSize(): number {
    return 0;
  }

  get pendingCost(): number {
    return 0;
  }

  get lostSize(): number {
    return 0;
  }

  get deadline(): number {
    return Infinity;
  }

  get isIdle(): boolean {
    return true;
  }

  withdrawOpen(): boolean {
    return false;
  }

  takesAtOnce(): boolean {
    return true;
  }

  proceed(): void {}
  end(): void {}
}
