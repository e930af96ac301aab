import type { HttpHead } from './http.ts';

/** What happened on a connection under test, in order. */
export type WireEvent =
  | {
      readonly kind: 'message';
      readonly type: 'text' | 'binary';
      readonly payload: Uint8Array;
      readonly frames: number;
    }
  | { readonly kind: 'ping'; readonly payload: Uint8Array }
  /** The answer to a ping of ours; `wrong` is one to what is not to be answered, such as a pong. */
  | { readonly kind: 'pong'; readonly payload: Uint8Array; readonly wrong?: boolean | undefined }
  | { readonly kind: 'close'; readonly code: number | undefined; readonly reason: string }
  | { readonly kind: 'end'; readonly how: 'fin' | 'reset' }
  /** The peer broke a rule of framing, whatever the case is about. */
  | { readonly kind: 'violation'; readonly rule: string }
  /** The script reached a place. */
  | { readonly kind: 'mark'; readonly name: string }
  /** Something that the script waited for did not come in time. */
  | { readonly kind: 'timeout'; readonly waitingFor: string }
  /** A server under test answered with anything but a connection. */
  | { readonly kind: 'refusal'; readonly status: number; readonly head: HttpHead }
  /** The opening handshake is done. */
  | { readonly kind: 'open'; readonly head: HttpHead }
  /** What another connection found after an attack. */
  | { readonly kind: 'probe'; readonly alive: boolean };

/** One line of a record. Adjacent lines that are alike are folded into one. */
export interface LogEntry {
  /** Milliseconds since the connection was begun. */
  readonly at: number;
  readonly from: 'suite' | 'peer' | 'note';
  readonly text?: string | undefined;
  readonly frame?: LoggedFrame | undefined;
  /** How many lines it stands for, if more than one. */
  times?: number | undefined;
}

/** A frame in a record. */
export interface LoggedFrame {
  readonly fin: boolean;
  readonly reservedBits: number;
  readonly opcode: number;
  /** Masking key in hex, or `undefined` for an unmasked frame. */
  readonly key?: string | undefined;
  /** Announced length in bytes, in decimal. */
  readonly length: string;
  /** Header as it was on the wire, in hex, if it is not the shortest one. */
  readonly oddHeader?: string | undefined;
  /** The first bytes of the payload, unmasked, in hex. */
  readonly data: string;
}
