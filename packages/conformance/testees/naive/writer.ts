import type { Socket } from 'node:net';

import type { Defects } from './behaviour.ts';
import { writeFrame } from './frame.ts';
import type { Habits } from './habits.ts';

/** Bytes of one connection that are written one by one, and time for them in milliseconds: more would take minutes. */
const DRIPPED = 1000;
const DRIP_TIME = 300;

/** Fragments of a message with payload. */
const PIECES = 5;

/** Writes frames to a socket, in the way that a peer has. */
export class NaiveWriter {
  readonly #socket: Socket;
  readonly #role: 'client' | 'server';
  readonly #defects: Defects;
  readonly #habits: Habits;
  #left = DRIPPED;
  #dripsUntil: number | undefined;
  #waiting: Buffer[] = [];
  #isDripping = false;
  #onEnded: (() => void) | undefined;

  constructor(socket: Socket, role: 'client' | 'server', defects: Defects, habits: Habits) {
    this.#socket = socket;
    this.#role = role;
    this.#defects = defects;
    this.#habits = habits;
  }

  /** Sends a message or a control frame. */
  send(opcode: number, payload: Buffer): void {
    if (this.#habits.fragments !== true || opcode >= 8) {
      this.#frame(opcode, payload, true);
      return;
    }
    const size = Math.ceil(payload.length / PIECES);
    this.#frame(opcode, Buffer.alloc(0), false);
    for (let start = 0; start < payload.length; start += size) {
      this.#frame(0, payload.subarray(start, start + size), false);
      if (start === 0) this.#frame(9, Buffer.from('in between'), true);
    }
    this.#frame(0, Buffer.alloc(0), true);
  }

  /** Ends our side of the TCP connection behind what was sent. */
  end(onEnded: () => void): void {
    this.#onEnded = onEnded;
    if (!this.#isDripping) this.#socket.end(onEnded);
  }

  #frame(opcode: number, payload: Buffer, fin: boolean): void {
    const masked = (this.#role === 'client') !== (this.#defects.echoes === 'unmasked or masked wrongly');
    const bytes = writeFrame(opcode, payload, masked, this.#defects);
    if (!fin) bytes[0] = opcode;
    this.#write(bytes);
  }

  #write(bytes: Buffer): void {
    if (!this.#socket.writable) return;
    if (this.#habits.drips !== true || (this.#left === 0 && !this.#isDripping)) {
      this.#socket.write(bytes);
      return;
    }
    this.#waiting.push(bytes);
    if (this.#isDripping) return;
    this.#isDripping = true;
    this.#drip();
  }

  /** Writes the next byte; when that was enough, the rest at once. */
  #drip(): void {
    const [first] = this.#waiting;
    this.#dripsUntil ??= performance.now() + DRIP_TIME;
    if (performance.now() > this.#dripsUntil) this.#left = 0;
    if (first === undefined || this.#left === 0) {
      this.#isDripping = false;
      if (this.#waiting.length > 0) this.#socket.write(Buffer.concat(this.#waiting.splice(0)));
      if (this.#onEnded !== undefined) this.#socket.end(this.#onEnded);
      return;
    }
    this.#left--;
    this.#socket.write(first.subarray(0, 1));
    if (first.length > 1) this.#waiting[0] = first.subarray(1);
    else this.#waiting.shift();
    setImmediate(() => this.#drip());
  }
}
