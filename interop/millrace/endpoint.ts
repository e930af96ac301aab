import type { ReceivedMessage, Report, Task } from '../test-case.ts';

/** Our side of a case, at work. */
export interface Endpoint {
  /** Of our server. */
  readonly url: string;
  /** What our side saw; it comes when the connection is over. */
  readonly report: Promise<Report>;
  /** Ends what is left of it. */
  stop(): Promise<unknown>;
}

/** What our side has seen so far. */
export interface Seen {
  subprotocol: string;
  received?: ReceivedMessage;
  frames?: number;
  pong?: string;
  error?: string;
}

/** A report that is made when the connection is over. */
export class ReportInTheMaking {
  readonly seen: Seen = { subprotocol: '' };
  readonly report: Promise<Report>;
  readonly #id: string;
  #resolve: (report: Report) => void = () => {};

  constructor({ id }: Task) {
    this.#id = id;
    this.report = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Something went wrong. */
  failed(error: unknown): void {
    this.seen.error ??= error instanceof Error ? error.message : String(error);
  }

  /** The connection is over. */
  closed(code: number, reason: string): void {
    this.#resolve({ id: this.#id, ...this.seen, code, reason });
  }
}

/** The option that has a message cut into so many fragments. */
export function fragmentOption({ level, fragments, size }: Task): { readonly fragmentSize?: number } {
  return level === 'message' && fragments > 1 && size > 0 ? { fragmentSize: Math.ceil(size / fragments) } : {};
}
