import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';

import { concatBytes } from './bytes.ts';

/** What a sender takes off at the end of a message (RFC 7692 §7.2.1). */
const REST = Uint8Array.of(0, 0, 0xff, 0xff);

/** How messages are compressed. */
export interface DeflateManner {
  /** Window bits, 9 to 15. */
  readonly windowBits?: number | undefined;
  /** 0 stores. */
  readonly level?: number | undefined;
  /** What was sent before, and may be referred to. */
  readonly history?: Uint8Array | undefined;
}

/** Compresses the payload of a message. */
export function deflateMessage(payload: Uint8Array, manner: DeflateManner = {}): Uint8Array {
  const { windowBits = 9, level = 6, history = new Uint8Array(0) } = manner;
  if (payload.length === 0) return Uint8Array.of(0);
  const deflated = deflateRawSync(payload, {
    windowBits,
    level,
    finishFlush: constants.Z_SYNC_FLUSH,
    ...withHistory(history, windowBits),
  });
  return deflated.subarray(0, -REST.length);
}

/** Decompresses the messages of a peer, one after the other. */
export class MessageInflater {
  readonly #windowBits: number;
  readonly #keepsHistory: boolean;
  #history: Uint8Array = new Uint8Array(0);

  constructor(windowBits: number, keepsHistory: boolean) {
    this.#windowBits = windowBits;
    this.#keepsHistory = keepsHistory;
  }

  /** @throws {Error} it is not what a peer may send that has agreed on this window and history */
  inflate(payload: Uint8Array): Uint8Array {
    const windowBits = this.#windowBits;
    const inflated = inflateRawSync(concatBytes([payload, REST]), {
      windowBits,
      finishFlush: constants.Z_SYNC_FLUSH,
      ...withHistory(this.#history, windowBits),
    });
    if (this.#keepsHistory) this.#history = concatBytes([this.#history, inflated]).slice(-(2 ** windowBits));
    return inflated;
  }
}

/** An empty dictionary is none. */
function withHistory(history: Uint8Array, windowBits: number): { dictionary?: Uint8Array } {
  return history.length === 0 ? {} : { dictionary: history.subarray(-(2 ** windowBits)) };
}
