import type { CompressionOptions } from 'millrace';

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

  /** A message has come. */
  received(message: ReceivedMessage): void {
    const { received } = this.seen;
    if (received !== undefined && received.sha256 !== message.sha256)
      this.failed('a message was another one than before');
    this.seen.received = message;
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

/** The option for the extension: all messages are compressed, unless the task says otherwise. */
export function compressionOption({ compression }: Task): { readonly compression: CompressionOptions | false } {
  if (compression === undefined) return { compression: false };
  const { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, threshold = 0 } = compression;
  // Our clients offer it without being told to.
  const clientMaxWindowBits = compression.clientMaxWindowBits === true ? undefined : compression.clientMaxWindowBits;
  const parameters = { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits };
  return { compression: { ...parameters, threshold } };
}

/** What is said for one message that is sent as a whole. */
export function compressOption({ compression }: Task): { readonly compress?: boolean } {
  return compression?.compress === undefined ? {} : { compress: compression.compress };
}

/** What is said for a message that is begun: without a word, it is not compressed. */
export function compressBegun({ compression }: Task): { readonly compress: boolean } {
  return { compress: compression !== undefined && compression.compress !== false };
}

/** The option that has a message cut into so many fragments. */
export function fragmentOption({ level, fragments, size }: Task): { readonly fragmentSize?: number } {
  return level === 'message' && fragments > 1 && size > 0 ? { fragmentSize: Math.ceil(size / fragments) } : {};
}
