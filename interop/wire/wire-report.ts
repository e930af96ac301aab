/** A message as it went over the wire. */
export interface WireMessage {
  /** Of its first frame. */
  readonly opcode: number;
  /** Of its first frame, a three-bit number; no other frame may have any. */
  readonly reservedBits: number;
  readonly frames: number;
  /** In bytes. */
  readonly size: number;
  /** Unmasked; empty unless it is asked for. */
  readonly payload: Buffer;
}

/** What one side has sent. */
export interface WireSide {
  /** Its half of the opening handshake, up to the empty line. */
  readonly head: string;
  /** Messages that were complete. */
  readonly messages: readonly WireMessage[];
  /** Payloads, in Latin-1. */
  readonly pings: readonly string[];
  readonly pongs: readonly string[];
  /** Codes; 1005 for a Close without one. */
  readonly closes: readonly number[];
  readonly reasons: readonly string[];
  readonly framesAfterClose: number;
  readonly maskedFrames: number;
  readonly unmaskedFrames: number;
  /** Different masking keys, of as many frames as are compared. */
  readonly keys: number;
  /** What broke a rule, in words. */
  readonly violations: readonly string[];
}

/** What went over the wire between us and a peer. */
export interface WireReport {
  readonly ours: WireSide;
  readonly theirs: WireSide;
}
