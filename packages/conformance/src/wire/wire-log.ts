import type { LogEntry, LoggedFrame } from '../model/event.ts';
import { toHex } from './bytes.ts';

/** Bytes of a payload that a record keeps. */
const LOGGED_PAYLOAD = 48;

/** Lines that are alike and are kept before the rest of them is folded into one. */
const UNFOLDED = 6;

/** Lines of a record. What comes after them is counted, not kept, but for the last ones. */
const MAX_LINES = 60;
const KEPT_AT_END = 15;

/** Longest text of a line, in characters. */
const MAX_TEXT = 1500;

/** Records what goes over a connection, small enough to be kept as evidence of thousands of cases. */
export class WireLog {
  readonly #start = performance.now();
  readonly #entries: LogEntry[] = [];
  #alike = 0;
  #omitted = 0;

  /** Milliseconds since it was made. */
  get elapsed(): number {
    return performance.now() - this.#start;
  }

  /** What was recorded, in order. */
  get entries(): readonly LogEntry[] {
    if (this.#omitted === 0) return this.#entries;
    const gap: LogEntry = { at: 0, from: 'note', text: `${String(this.#omitted)} lines left out` };
    return this.#entries.toSpliced(MAX_LINES - KEPT_AT_END, 0, gap);
  }

  /** Records a frame, with the start of its payload. */
  frame(from: 'suite' | 'peer', head: Omit<LoggedFrame, 'data'>, payload: Uint8Array): void {
    if (this.#fold(from, undefined, head)) return;
    this.#add({ at: this.#now(), from, frame: { ...head, data: toHex(payload.subarray(0, LOGGED_PAYLOAD)) } });
  }

  /** Records text: a head of HTTP, or what happened. */
  text(from: LogEntry['from'], text: string): void {
    const shown = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}… (${String(text.length)} characters)` : text;
    if (!this.#fold(from, shown, undefined)) this.#add({ at: this.#now(), from, text: shown });
  }

  #now(): number {
    return Math.round(this.elapsed * 10) / 10;
  }

  /** Counts a line that is like those before it; says whether that was enough. */
  #fold(from: LogEntry['from'], text: string | undefined, frame: Omit<LoggedFrame, 'data'> | undefined): boolean {
    const last = this.#entries.at(-1);
    this.#alike = last?.from === from && last.text === text && areAlike(last.frame, frame) ? this.#alike + 1 : 0;
    if (last === undefined || this.#alike < UNFOLDED) return false;
    last.times = (last.times ?? 1) + 1;
    return true;
  }

  #add(entry: LogEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length <= MAX_LINES) return;
    this.#entries.splice(MAX_LINES - KEPT_AT_END, 1);
    this.#omitted++;
  }
}

type FrameHead = Omit<LoggedFrame, 'data'>;

function areAlike(one: FrameHead | undefined, other: FrameHead | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return (
    one.fin === other.fin &&
    one.reservedBits === other.reservedBits &&
    one.opcode === other.opcode &&
    one.length === other.length
  );
}
