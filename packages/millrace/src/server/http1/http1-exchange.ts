import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import { readUpgradeRequest } from '../../protocol/handshake/http1/read-request.ts';
import { acceptInput, encodeAcceptance, encodeRefusal } from '../../protocol/handshake/http1/response.ts';
import type { ProxiedSource } from '../../protocol/handshake/proxies/proxy-header.ts';
import type { RequestParts } from '../../protocol/handshake/rules/connection-request.ts';
import type { HeaderField, HeadLimits } from '../../protocol/handshake/rules/header-fields.ts';
import type { Refusal } from '../../protocol/handshake/rules/refusal.ts';
import { formatPeer } from '../../transport/socket-setup.ts';
import type { AcceptedTransport, Exchange } from '../exchange.ts';
import { refuse } from './refuse.ts';
import { tlsFactsOf } from './tls-facts.ts';

const EMPTY = new Uint8Array(0);

/** What an HTTP/1.1 parser knows of a request. */
export interface ParsedRequest {
  readonly message: IncomingMessage;
  /** What came right behind it. */
  readonly head?: Uint8Array | undefined;
  /** Most header lines that the parser keeps: with more, some are lost. */
  readonly maxHeaderCount?: number | undefined;
}

/** An exchange over HTTP/1.1, on a socket of its own. */
export class Http1Exchange implements Exchange {
  readonly #socket: Duplex;
  /** `undefined` before the request has come, and when it has been answered. */
  #message: IncomingMessage | undefined;
  #method = 'GET';
  #head = EMPTY;
  #maxHeaderCount = Infinity;
  #key = '';

  readonly #source: ProxiedSource | undefined;

  /** @param source - whom a proxy has the connection from, if it has said so */
  constructor(socket: Duplex, source?: ProxiedSource) {
    this.#socket = socket;
    this.#source = source;
  }

  /** Takes the request, which the parser has found. */
  receive({ message, head = EMPTY, maxHeaderCount = Infinity }: ParsedRequest): void {
    this.#message = message;
    this.#method = message.method ?? '';
    // A copy: the head is a view into a read buffer of 64 KiB, which it would keep alive.
    this.#head = head.length === 0 ? EMPTY : new Uint8Array(head);
    this.#maxHeaderCount = maxHeaderCount;
  }

  read(limits: HeadLimits): RequestParts {
    const tls = tlsFactsOf(this.#socket);
    const { url: target = '', httpVersion = '', rawHeaders = [] } = this.#message ?? {};
    const { key, ...parts } = readUpgradeRequest(
      {
        method: this.#method,
        target,
        httpVersion,
        rawHeaders,
        peer: this.#source === undefined ? formatPeer(this.#socket) : formatSource(this.#source),
        scheme: tls !== undefined || this.#source?.isEncrypted === true ? 'https' : 'http',
        tls,
      },
      { ...limits, maxHeaderCount: Math.min(limits.maxHeaderCount, this.#maxHeaderCount) },
    );
    this.#key = key;
    return parts;
  }

  accept(fields: readonly HeaderField[]): AcceptedTransport {
    const socket = this.#socket;
    const accept = createHash('sha1').update(acceptInput(this.#key)).digest('base64');
    socket.write(encodeAcceptance(accept, fields));
    this.#message = undefined;
    return { socket, head: readAll(this.#head, socket) };
  }

  refuse(refusal: Refusal): void {
    this.#message = undefined;
    refuse(this.#socket, encodeRefusal(refusal, this.#method));
  }
}

/** Writes an address and its port: `192.0.2.1:50000`, `[2001:db8::1]:50000`. */
export function formatSource({ address, port }: ProxiedSource): string {
  return `${address.includes(':') ? `[${address}]` : address}:${String(port)}`;
}

/** Joins `head` and what the socket holds unread. */
function readAll(head: Uint8Array, socket: Duplex): Uint8Array {
  const rest: unknown = socket.readableLength === 0 ? null : socket.read();
  if (!(rest instanceof Uint8Array)) return head;
  const bytes = new Uint8Array(head.length + rest.length);
  bytes.set(head);
  bytes.set(rest, head.length);
  return bytes;
}
