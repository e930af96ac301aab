import type { HttpHead } from '../model/http.ts';
import { HeadReader, fieldOf } from '../opening/head.ts';
import { findAcceptanceProblem, type WrittenRequest } from '../opening/request.ts';
import type { Link } from './link.ts';

/** Reads the answers to an opening handshake, until one of them opens the connection. */
export class HttpIntake {
  readonly #link: Link;
  readonly #request: WrittenRequest;
  #reader = new HeadReader();
  /** Bytes of a body that are still to come; `Infinity` if it lasts until the end. */
  #body = 0;
  #answered = false;

  constructor(link: Link, request: WrittenRequest) {
    this.#link = link;
    this.#request = request;
  }

  /** Whether there was an answer, or there will be none. */
  get done(): boolean {
    return this.#answered || this.#link.over;
  }

  /** Takes bytes from the network. */
  push(chunk: Uint8Array): void {
    const skipped = Math.min(this.#body, chunk.length);
    this.#body -= skipped;
    if (skipped === chunk.length) return;
    const result = this.#reader.push(chunk.subarray(skipped));
    if (result === undefined) return;
    if (result === 'too long') {
      this.#link.emit({ kind: 'violation', rule: 'the head of the answer has no end' });
      return;
    }
    this.#onHead(result.head, result.rest);
  }

  #onHead(head: HttpHead, rest: Uint8Array): void {
    this.#link.log.text('peer', head.text);
    const status = Number(/^HTTP\/1\.[01] (\d{3})( |$)/.exec(head.startLine)?.[1] ?? 0);
    if (status >= 100 && status < 200 && status !== 101) {
      this.push(rest);
      return;
    }
    this.#answered = true;
    if (status === 101) this.#onAcceptance(head, rest);
    else this.#onRefusal(status, head, rest);
  }

  #onAcceptance(head: HttpHead, rest: Uint8Array): void {
    const rule = findAcceptanceProblem(head, this.#request);
    this.#link.emit(rule === undefined ? { kind: 'open', head } : { kind: 'violation', rule });
    this.#link.divert(undefined);
    if (rest.length > 0) this.#link.observer.push(rest);
  }

  #onRefusal(status: number, head: HttpHead, rest: Uint8Array): void {
    const length = fieldOf(head, 'content-length');
    this.#body = length === undefined ? Infinity : Number(length);
    if (status === 0) this.#link.emit({ kind: 'violation', rule: `no answer in HTTP: "${head.startLine}"` });
    else this.#link.emit({ kind: 'refusal', status, head });
    this.push(rest);
  }
}
