import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { Server as TlsServer } from 'node:tls';

import { LocalUsageError } from '../protocol/base/errors.ts';
import { refusal } from '../protocol/handshake/rules/refusal.ts';
import { parseTarget } from '../protocol/handshake/rules/target.ts';
import { HandshakeGate } from './handshake-gate.ts';
import type { HandshakeHandler } from './handshake-handler.ts';
import { answerUpgrade } from './answer-upgrade.ts';
import { Http1Exchange } from './http1-exchange.ts';
import { formatUrl } from './listener.ts';
import type { Listener } from './listener.ts';
import type { ResolvedServerOptions } from './options.ts';

type AnyServer = HttpServer | HttpsServer;

const ATTACHMENTS = new WeakMap<AnyServer, Attachments>();

/**
 * Takes the requests for WebSocket connections of an HTTP server that is somebody else's.
 *
 * Until {@link attach} and after {@link close} the server has no listener of ours.
 */
export class AttachedListener<Context> implements Listener {
  readonly path: string | undefined;
  readonly #server: AnyServer;
  readonly #gate: HandshakeGate<Context>;

  constructor(options: ResolvedServerOptions, server: AnyServer, handler: HandshakeHandler<Context>) {
    this.path = options.path;
    this.#server = server;
    this.#gate = new HandshakeGate(options, handler);
  }

  get address(): AddressInfo | string | undefined {
    return this.#server.address() ?? undefined;
  }

  get url(): string {
    return formatUrl(this.address, this.#server instanceof TlsServer, this.path);
  }

  get connections(): number {
    return this.#gate.connections;
  }

  /**
   * Begins to take requests.
   *
   * @throws {LocalUsageError} another one takes those of this path
   */
  attach(): void {
    let attachments = ATTACHMENTS.get(this.#server);
    attachments ??= new Attachments(this.#server);
    attachments.add(this);
  }

  close(): Promise<void> {
    ATTACHMENTS.get(this.#server)?.remove(this);
    this.#gate.close();
    return Promise.resolve();
  }

  /** Answers a request. */
  answer(message: IncomingMessage, socket: Duplex, head: Uint8Array): void {
    answerUpgrade(this.#gate, { message, socket, head, maxHeadersCount: this.#server.maxHeadersCount });
  }

  /** Refuses a request that nobody takes. */
  refuse(socket: Duplex): void {
    const pending = this.#gate.begin(socket, new Http1Exchange(socket));
    if (pending !== undefined) this.#gate.refuse(pending, refusal(404, 'nothing is served at this path'));
  }
}

/** All that is attached to one server, behind one listener for its `'upgrade'` event. */
class Attachments {
  readonly #server: AnyServer;
  readonly #members = new Map<string | undefined, AttachedMember>();

  constructor(server: AnyServer) {
    this.#server = server;
  }

  add(member: AttachedMember): void {
    if (this.#members.has(member.path)) {
      throw new LocalUsageError(`the server already has a listener for ${member.path ?? 'every path'}`);
    }
    if (this.#members.size === 0) {
      ATTACHMENTS.set(this.#server, this);
      this.#server.on('upgrade', this.#onUpgrade);
    }
    this.#members.set(member.path, member);
  }

  remove(member: AttachedMember): void {
    if (this.#members.get(member.path) !== member) return;
    this.#members.delete(member.path);
    if (this.#members.size > 0) return;
    ATTACHMENTS.delete(this.#server);
    this.#server.off('upgrade', this.#onUpgrade);
  }

  readonly #onUpgrade = (message: IncomingMessage, socket: Duplex, head: Uint8Array): void => {
    const alone = this.#server.listenerCount('upgrade') === 1;
    if (!alone && !isForWebSocket(message)) return;

    const path = parseTarget(message.url ?? '')?.path;
    const member = this.#members.get(path) ?? this.#members.get(undefined);
    if (member !== undefined) member.answer(message, socket, head);
    else if (alone) this.#members.values().next().value?.refuse(socket);
  };
}

/** What {@link Attachments} needs of an {@link AttachedListener}. */
interface AttachedMember {
  readonly path: string | undefined;
  answer(message: IncomingMessage, socket: Duplex, head: Uint8Array): void;
  refuse(socket: Duplex): void;
}

function isForWebSocket(message: IncomingMessage): boolean {
  return message.headers.upgrade?.toLowerCase().includes('websocket') === true;
}
