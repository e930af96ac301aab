import type { Duplex } from 'node:stream';

import { Opcode } from 'millrace/protocol/wire';

import type { WireEvent } from '../model/event.ts';
import type { Cut, FrameSpec } from '../model/frame.ts';
import type { Role } from '../model/verdict.ts';
import { FrameObserver } from '../wire/frame-observer.ts';
import { writeFrame } from '../wire/frame-writer.ts';
import type { WireLog } from '../wire/wire-log.ts';

/** Code of a Close that answers one which had none, or none that may be sent back. */
const NORMAL_CLOSURE = 1000;

/** Time that a peer has to end its side after ours, in milliseconds. */
const LINGER = 2000;

const ENDINGS: readonly WireEvent['kind'][] = ['refusal', 'close', 'end', 'violation'];

/** Our end of a connection under test: it sends what it is told, and records what comes. */
export class Link {
  /** What happened, in order. */
  readonly events: WireEvent[] = [];
  readonly observer: FrameObserver;
  readonly log: WireLog;
  readonly #counts = new Map<WireEvent['kind'], number>();
  readonly #role: Role;
  readonly #socket: Duplex;
  #intake: (chunk: Uint8Array) => void;
  #waiting: (() => void)[] = [];
  #closeSent = false;
  #finSent = false;
  #held = false;
  #dropped = false;
  #abandoned = false;
  #muted = false;

  /** @param role - ours */
  constructor(socket: Duplex, role: Role, log: WireLog) {
    this.#socket = socket;
    this.#role = role;
    this.log = log;
    this.observer = new FrameObserver(role, log, (event) => this.#onEvent(event));
    this.#intake = (chunk) => this.observer.push(chunk);
    socket.on('data', (chunk: Uint8Array) => this.#intake(chunk));
    socket.on('end', () => this.#onEnd('fin'));
    socket.on('error', (error) => this.#onEnd('reset', error.message));
    socket.on('close', () => this.#onEnd('reset', 'closed'));
  }

  /** Whether the peer is gone. */
  get ended(): boolean {
    return this.count('end') > 0;
  }

  /** Whether nothing is to be sent any more: the peer has refused, said Close, is gone, or broke a rule; or the time is over. */
  get over(): boolean {
    return this.#abandoned || ENDINGS.some((kind) => this.count(kind) > 0);
  }

  /** How many events of a kind there were. */
  count(kind: WireEvent['kind']): number {
    return this.#counts.get(kind) ?? 0;
  }

  /** Takes the first event of a kind away again, if there is one. */
  takeBack(kind: WireEvent['kind']): boolean {
    const index = this.events.findIndex((event) => event.kind === kind);
    if (index === -1) return false;
    this.events.splice(index, 1);
    this.#counts.set(kind, this.count(kind) - 1);
    return true;
  }

  /** Bytes that go elsewhere than to the frame observer, until `undefined` sends them there again. */
  divert(intake: ((chunk: Uint8Array) => void) | undefined): void {
    this.#intake = intake ?? ((chunk) => this.observer.push(chunk));
  }

  /** Adds an event, and wakes those who wait. */
  emit(event: WireEvent): void {
    this.events.push(event);
    this.#counts.set(event.kind, this.count(event.kind) + 1);
    this.#wake();
  }

  /**
   * Waits until `condition` holds, which is asked after each event.
   *
   * @returns whether it does; `false` after `time` milliseconds, or when the connection was abandoned
   */
  async until(condition: () => boolean, time: number): Promise<boolean> {
    const deadline = performance.now() + time;
    while (!condition()) {
      const rest = deadline - performance.now();
      if (rest <= 0 || this.#abandoned) return false;
      await this.#nextEvent(rest);
    }
    return true;
  }

  /** Makes the bytes of a frame, and records it. */
  encode(frame: FrameSpec): Uint8Array {
    const { bytes, head, payload } = writeFrame(frame, this.#role);
    this.log.frame('suite', head, payload);
    // The peer's Close is not to be answered by another one then.
    if (frame.opcode === Opcode.CLOSE) this.#closeSent = true;
    return bytes;
  }

  /**
   * Writes bytes, waits while the peer takes none, and stops when it is gone. While we do not read it does not wait: a peer that
   * reads nothing before it can write is right to do so.
   */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#socket.destroyed || !this.#socket.writable) return;
    if (this.#socket.write(bytes) || this.#held) return;
    await this.#drained();
  }

  /** Writes bytes in pieces, until the peer says Close or is gone. */
  async writeCut(bytes: Uint8Array, cut: Cut): Promise<void> {
    const offsets = cut.at ?? [];
    let start = 0;
    for (let turn = 0; start < bytes.length; turn++) {
      const end = cut.every === undefined ? (offsets.find((one) => one > start) ?? bytes.length) : start + cut.every;
      if (this.over) return;
      await this.write(bytes.subarray(start, Math.min(end, bytes.length)));
      start = end;
      if (start < bytes.length) await breathe(cut, turn);
    }
  }

  /** Stops reading, or goes on. */
  hold(held: boolean): void {
    this.#held = held;
    if (held) this.#socket.pause();
    else this.#socket.resume();
  }

  /** Answers neither Close nor pings any more. */
  mute(): void {
    this.#muted = true;
  }

  /** Ends our side of the transport. */
  fin(): void {
    if (this.#finSent) return;
    this.#finSent = true;
    this.#socket.end();
  }

  /** Drops the transport. */
  drop(): void {
    this.#dropped = true;
    this.#socket.destroy();
  }

  /** Drops the transport because there is no time left, and ends what waits for it. */
  abandon(): void {
    this.#abandoned = true;
    this.drop();
    this.#wake();
  }

  /** Ends our side, waits a moment for the peer's end, and drops what is left. */
  async finish(): Promise<void> {
    if (!this.#dropped && !this.#held) {
      this.fin();
      await this.until(() => this.ended, LINGER);
    }
    this.drop();
  }

  #onEvent(event: WireEvent): void {
    this.emit(event);
    if (this.#muted) return;
    if (event.kind === 'ping') this.#answer(Opcode.PONG, event.payload);
    if (event.kind !== 'close') return;
    if (!this.#closeSent) this.#answerClose(event.code);
    // A server ends the TCP connection at once (RFC 6455 §7.1.1); a client waits for it.
    if (this.#role === 'server') this.fin();
  }

  #answerClose(code: number | undefined): void {
    this.#closeSent = true;
    const echoed = code === undefined ? [] : [code >> 8, code & 0xff];
    const valid = code === undefined || (code >= 1000 && code < 5000);
    this.#answer(Opcode.CLOSE, Uint8Array.from(valid ? echoed : [NORMAL_CLOSURE >> 8, NORMAL_CLOSURE & 0xff]));
  }

  #answer(opcode: number, payload: Uint8Array): void {
    if (!this.#socket.writable) return;
    this.#socket.write(this.encode({ opcode, payload: { hex: Buffer.from(payload).toString('hex') } }));
  }

  #onEnd(how: 'fin' | 'reset', message?: string): void {
    if (this.ended || this.#dropped) return;
    this.log.text(
      'note',
      how === 'fin' ? 'the peer ended the TCP connection' : `the TCP connection is gone: ${message ?? ''}`,
    );
    this.emit({ kind: 'end', how });
    if (!this.#socket.destroyed) this.fin();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  #nextEvent(time: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, time);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
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

/** Lets the event loop turn between two writes, so that they leave as two; now and then only, if there are many. */
async function breathe({ pause, every }: Cut, turn: number): Promise<void> {
  if (pause !== undefined) await new Promise((resolve) => setTimeout(resolve, pause));
  else if (every === undefined || every < 32 || turn % 32 === 31) await new Promise((resolve) => setImmediate(resolve));
}
