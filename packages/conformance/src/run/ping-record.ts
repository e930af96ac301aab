import { Opcode } from 'millrace/protocol/wire';

import type { FrameSpec } from '../model/frame.ts';

/** What a pong of the peer is: the answer to a ping, the answer to what is not to be answered, or neither. */
export type PongKind = 'answer' | 'wrong answer' | 'unasked';

/** Longest payload of a control frame, in bytes. */
const MAX_PAYLOAD = 125;

/** Payloads of unasked pongs that are remembered. */
const REMEMBERED = 100;

/**
 * Tells the pongs of a peer apart by their payload. A peer may send pongs that nobody asked for at any time (RFC 6455 §5.5.3), but a pong, a ping that
 * breaks a rule, and a ping behind Close are nothing to answer.
 */
export class PingRecord {
  /** By payload: how many pings had no answer yet. */
  readonly #asked = new Map<string, number>();
  readonly #unanswerable = new Set<string>();
  /** Payloads that the peer sent on its own. */
  readonly #unasked = new Set<string>();
  #isClosed = false;
  #newest: string | undefined;
  #isNewestAnswered = false;

  /** Whether the ping that was sent last has its pong. One pong may answer several pings (RFC 6455 §5.5.3). */
  get isNewestAnswered(): boolean {
    return this.#isNewestAnswered;
  }

  /** Notes a frame of ours. */
  onSent(frame: FrameSpec, payload: Uint8Array): void {
    if (frame.opcode === Opcode.CLOSE) this.#isClosed = true;
    if (frame.opcode !== Opcode.PING && frame.opcode !== Opcode.PONG) return;
    const text = keyOf(payload);
    if (frame.opcode === Opcode.PING && isValid(frame, payload) && !this.#isClosed) {
      this.#asked.set(text, (this.#asked.get(text) ?? 0) + 1);
      this.#newest = text;
      this.#isNewestAnswered = false;
      // An empty pong to an invalid ping cannot be told from a heartbeat; and a peer that sends such pongs on its own goes on doing so.
    } else if ((text !== '' || isValid(frame, payload)) && !this.#unasked.has(text)) this.#unanswerable.add(text);
  }

  /** Says what a pong of the peer is. */
  onReceived(payload: Uint8Array): PongKind {
    const text = keyOf(payload);
    const asked = this.#asked.get(text) ?? 0;
    if (asked > 0) {
      this.#asked.set(text, asked - 1);
      if (text === this.#newest) this.#isNewestAnswered = true;
      return 'answer';
    }
    if (this.#unanswerable.has(text)) return 'wrong answer';
    if (this.#unasked.size < REMEMBERED) this.#unasked.add(text);
    return 'unasked';
  }
}

/** Whether a control frame keeps the rules; a length in a field that is too long is what some let pass. */
function isValid({ fin = true, reservedBits = 0, masking, announce }: FrameSpec, payload: Uint8Array): boolean {
  const isRight = masking === undefined || masking === 'zero';
  return fin && reservedBits === 0 && isRight && announce === undefined && payload.length <= MAX_PAYLOAD;
}

function keyOf(payload: Uint8Array): string {
  return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('latin1');
}
