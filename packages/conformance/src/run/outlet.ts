import type { Duplex } from 'node:stream';

import { Opcode } from 'millrace/protocol/wire';

import type { Cut, FrameSpec } from '../model/frame.ts';
import type { Role } from '../model/verdict.ts';
import { concatBytes } from '../wire/bytes.ts';
import { FrameBoundaries } from '../wire/frame-boundaries.ts';
import { writeFrame, type WrittenFrame } from '../wire/frame-writer.ts';
import type { WireLog } from '../wire/wire-log.ts';
import { PingRecord } from './ping-record.ts';

const NO_HEAD = new Uint8Array(0);

/** How bytes are cut that may begin with a head of HTTP. */
export interface HeadCut extends Cut {
  /** Whether the head is left whole: it comes in one write with the first piece of what is behind it. */
  readonly wholeHead?: boolean | undefined;
}

/**
 * The sending half of a connection under test. It sends what a script says, frame or not, and answers pings and Close in between: at a frame boundary,
 * as an endpoint does, and never inside a frame that it is sending in pieces.
 */
export class Outlet {
  /** Tells the pongs of the peer apart. */
  readonly pings: PingRecord = new PingRecord();
  readonly #socket: Duplex;
  readonly #role: Role;
  readonly #log: WireLog;
  readonly #boundaries = new FrameBoundaries();
  /** Answers that wait for the end of the frame that is being sent. Of several pings the newest is answered (RFC 6455 §5.5.3). */
  #pong: FrameSpec | undefined;
  #close: FrameSpec | undefined;
  #closeSent = false;
  /** Whether the Close that was sent was an answer: nothing that a script sends may follow it. */
  #isAnswered = false;
  #isCutting = false;
  #isEnded = false;
  #waitsForReader = true;

  constructor(socket: Duplex, role: Role, log: WireLog) {
    this.#socket = socket;
    this.#role = role;
    this.#log = log;
  }

  /** Whether a Close was sent, by the script or as an answer. */
  get closeSent(): boolean {
    return this.#closeSent;
  }

  /** Whether writing waits for a peer that takes nothing. A peer that we do not read from may be right to take nothing. */
  set waitsForReader(waits: boolean) {
    this.#waitsForReader = waits;
  }

  /** Makes the bytes of a frame of a script, and records it. */
  encode(frame: FrameSpec): Uint8Array {
    const { bytes, payload } = this.#encode(frame);
    this.pings.onSent(frame, payload);
    return bytes;
  }

  /**
   * Writes bytes of frames, waits while the peer takes none, and stops when it is gone.
   *
   * @param head - sent in front of them, in the same write
   */
  async write(bytes: Uint8Array, head: Uint8Array = NO_HEAD): Promise<void> {
    if (!this.#isWritable || this.#put(bytes, head) || !this.#waitsForReader) return;
    await this.#drained();
  }

  /** Writes bytes in pieces, a head in front of them as well, until `isOver` says that there is no point in more. */
  async writeCut(bytes: Uint8Array, cut: HeadCut, isOver: () => boolean, head: Uint8Array = NO_HEAD): Promise<void> {
    this.#boundaries.skip(head.length);
    const all = head.length === 0 ? bytes : concatBytes([head, bytes]);
    const from = cut.wholeHead === true ? head.length : 0;
    this.#isCutting = true;
    let start = 0;
    for (let turn = 0; start < all.length && !isOver(); turn++) {
      const end = Math.min(from + endOfPiece(Math.max(0, start - from), all.length, cut), all.length);
      await this.write(all.subarray(start, end));
      start = end;
      if (start < all.length) await breathe(cut, turn);
    }
    this.#isCutting = false;
    if (this.#close !== undefined) this.#finishFrame(all.subarray(start));
    this.#settle();
  }

  /** Sends a pong, as soon as a frame boundary allows it. Nothing follows a Close. */
  answerPing(payload: Uint8Array): void {
    this.#pong = { opcode: Opcode.PONG, payload: { hex: Buffer.from(payload).toString('hex') } };
    this.#settle();
  }

  /**
   * Answers a Close as soon as a frame boundary allows it, unless a Close was sent before. A server ends the TCP connection then (RFC 6455 §7.1.1); a
   * client waits for it.
   */
  answerClose(body: Uint8Array): void {
    if (this.#closeSent) {
      if (this.#role === 'server') this.end();
      return;
    }
    this.#close = { opcode: Opcode.CLOSE, payload: { hex: Buffer.from(body).toString('hex') } };
    this.#settle();
  }

  /** Ends our side of the transport. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#socket.end();
  }

  get #isWritable(): boolean {
    return !this.#socket.destroyed && this.#socket.writable;
  }

  #encode(frame: FrameSpec): WrittenFrame {
    const written = writeFrame(frame, this.#role);
    this.#log.frame('suite', written.head, written.payload);
    // The peer's Close is not to be answered by another one then.
    if (frame.opcode === Opcode.CLOSE) this.#closeSent = true;
    return written;
  }

  /** Writes bytes, with what waits for the end of the frame that they complete. Returns whether more may follow at once. */
  #put(bytes: Uint8Array, head: Uint8Array = NO_HEAD): boolean {
    this.#flush();
    let rest = bytes;
    if (this.#pong !== undefined || this.#close !== undefined) {
      const end = this.#boundaries.takeFrame(bytes);
      this.#socket.write(bytes.subarray(0, end));
      rest = bytes.subarray(end);
      this.#flush();
    }
    if (this.#isAnswered || (rest.length === 0 && head.length === 0)) return true;
    this.#boundaries.take(rest);
    const isFree = this.#socket.write(head.length === 0 ? rest : concatBytes([head, rest]));
    this.#flush();
    return isFree;
  }

  /** Sends the rest of a frame that was begun, so that an answer can follow. */
  #finishFrame(rest: Uint8Array): void {
    const end = this.#boundaries.insideFrame ? this.#boundaries.takeFrame(rest) : 0;
    if (end > 0 && !this.#boundaries.insideFrame && this.#isWritable) this.#socket.write(rest.subarray(0, end));
  }

  /** Sends what waits, if it may. */
  #flush(): void {
    if (this.#boundaries.insideFrame || !this.#isWritable) return;
    const answers = [this.#pong, this.#close];
    this.#pong = undefined;
    this.#close = undefined;
    for (const answer of answers) {
      if (answer === undefined || this.#closeSent) continue;
      this.#socket.write(this.#encode(answer).bytes);
      this.#isAnswered = this.#closeSent;
    }
    if (this.#isAnswered && this.#role === 'server') this.end();
  }

  /** Sends what waits. A Close that will never have its turn, inside a frame without an end, leaves the end of the transport. */
  #settle(): void {
    this.#flush();
    if (this.#close !== undefined && !this.#isCutting) this.end();
  }

  #drained(): Promise<void> {
    const socket = this.#socket;
    return new Promise((resolve) => {
      const done = (): void => {
        socket.off('drain', done);
        socket.off('close', done);
        resolve();
      };
      socket.on('drain', done);
      socket.on('close', done);
    });
  }
}

function endOfPiece(start: number, size: number, { every, at = [] }: Cut): number {
  return every === undefined ? (at.find((one) => one > start) ?? size) : start + every;
}

/** Lets the event loop turn between two writes, so that they leave as two; now and then only, if there are many. */
async function breathe({ pause, every }: Cut, turn: number): Promise<void> {
  if (pause !== undefined) await new Promise((resolve) => setTimeout(resolve, pause));
  else if (every === undefined || every < 32 || turn % 32 === 31) await new Promise((resolve) => setImmediate(resolve));
}
