import type { Duplex } from 'node:stream';

import type { WireEvent } from '../model/event.ts';
import type { FrameSpec } from '../model/frame.ts';
import type { Role } from '../model/verdict.ts';
import { FrameObserver } from '../wire/frame-observer.ts';
import type { WireLog } from '../wire/wire-log.ts';
import { Outlet, type HeadCut } from './outlet.ts';
import { Stopwatch } from './stopwatch.ts';

/** Code of a Close that answers one which had none, or none that may be sent back. */
const NORMAL_CLOSURE = 1000;

/** Time that a peer has to end its side after ours, in milliseconds. */
const LINGER = 2000;

const ENDINGS: readonly WireEvent['kind'][] = ['refusal', 'close', 'end', 'violation'];

/** Our end of a connection under test: it sends what it is told, answers as an endpoint does, and records what comes. */
export class Link {
  /** What happened, in order. What a peer may say at any time is none: pings, and pongs that nobody asked for (RFC 6455 §5.5.2, §5.5.3). */
  readonly events: WireEvent[] = [];
  readonly observer: FrameObserver;
  readonly outlet: Outlet;
  readonly peerRole: Role;
  readonly log: WireLog;
  readonly #counts = new Map<WireEvent['kind'], number>();
  readonly #socket: Duplex;
  #intake: (chunk: Uint8Array) => void;
  #waiting: (() => void)[] = [];
  #received = 0;
  #closing: Stopwatch | undefined;
  #held = false;
  #dropped = false;
  #abandoned = false;
  #muted = false;

  /** @param role - ours */
  constructor(socket: Duplex, role: Role, log: WireLog) {
    this.#socket = socket;
    this.peerRole = role === 'server' ? 'client' : 'server';
    this.log = log;
    this.outlet = new Outlet(socket, role, log);
    this.observer = new FrameObserver(role, log, (event) => this.#onEvent(event));
    this.#intake = (chunk) => this.observer.push(chunk);
    socket.on('data', (chunk: Uint8Array) => {
      this.#received += chunk.length;
      this.#intake(chunk);
    });
    socket.on('end', () => this.#onEnd('fin'));
    socket.on('error', (error) => this.#onEnd('reset', error.message));
    socket.on('close', () => this.#onEnd('reset', 'closed'));
  }

  /** Bytes that came. */
  get received(): number {
    return this.#received;
  }

  /** Whether the peer is gone. */
  get ended(): boolean {
    return this.count('end') > 0;
  }

  /** Whether nothing is to be sent any more: the peer has refused, said Close, is gone, or broke a rule; or the time is over. */
  get over(): boolean {
    return this.#abandoned || ENDINGS.some((kind) => this.count(kind) > 0);
  }

  /** Whether Close went both ways, so that the TCP connection is to end (RFC 6455 §5.5.1). */
  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /** Milliseconds between the second Close and the end of the TCP connection; `undefined` before both have come. */
  get closingTime(): number | undefined {
    return this.ended ? this.#closing?.time : undefined;
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
    return this.outlet.encode(frame);
  }

  /** Writes bytes of frames, with a head of HTTP in front of them if there is one. See {@link Outlet.write}. */
  write(bytes: Uint8Array, head?: Uint8Array): Promise<void> {
    return this.outlet.write(bytes, head);
  }

  /** Writes bytes in pieces, until the peer says Close or is gone. */
  writeCut(bytes: Uint8Array, cut: HeadCut, head?: Uint8Array): Promise<void> {
    return this.outlet.writeCut(bytes, cut, () => this.over, head);
  }

  /** Stops reading, or goes on. */
  hold(held: boolean): void {
    this.#held = held;
    this.outlet.waitsForReader = !held;
    if (held) this.#socket.pause();
    else this.#socket.resume();
  }

  /** Answers neither Close nor pings any more. */
  mute(): void {
    this.#muted = true;
  }

  /** Ends our side of the transport. */
  fin(): void {
    this.outlet.end();
  }

  /** Drops the transport. */
  drop(): void {
    this.#dropped = true;
    this.#closing?.stop();
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
    if (event.kind === 'pong') this.#onPong(event.payload);
    else if (event.kind !== 'ping') this.emit(event);
    else if (!this.#muted) this.outlet.answerPing(event.payload);
    if (event.kind === 'close') this.#onClose(event.code);
  }

  #onPong(payload: Uint8Array): void {
    const what = this.outlet.pings.onReceived(payload);
    if (what !== 'unasked') this.emit({ kind: 'pong', payload, wrong: what === 'wrong answer' });
  }

  #onClose(code: number | undefined): void {
    if (!this.#muted) this.outlet.answerClose(answerTo(code));
    if (this.outlet.closeSent) this.#closing = new Stopwatch();
  }

  #onEnd(how: 'fin' | 'reset', message?: string): void {
    if (this.ended || this.#dropped) return;
    this.log.text(
      'note',
      how === 'fin' ? 'the peer ended the TCP connection' : `the TCP connection is gone: ${message ?? ''}`,
    );
    this.#closing?.stop();
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
}

/** The body of the Close that answers one: the code that came, as endpoints typically do it, if it may be sent (RFC 6455 §5.5.1, §7.4). */
function answerTo(code: number | undefined): Uint8Array {
  if (code === undefined) return new Uint8Array(0);
  const answered = code >= 1000 && code < 5000 ? code : NORMAL_CLOSURE;
  return Uint8Array.of(answered >> 8, answered & 0xff);
}
