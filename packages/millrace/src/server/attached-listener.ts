import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { Server as TlsServer } from 'node:tls';

import { LocalUsageError } from '../protocol/base/errors.ts';
import { refusal } from '../protocol/handshake/rules/refusal.ts';
import { matchPath } from '../protocol/handshake/rules/path-rule.ts';
import type { PathRule, RequestedPath } from '../protocol/handshake/rules/path-rule.ts';
import { parseTarget } from '../protocol/handshake/rules/target.ts';
import { MAX_TIMEOUT } from '../transport/timers.ts';
import { HandshakeGate } from './handshake-gate.ts';
import type { HandshakeHandler } from './handshake-handler.ts';
import { answerUpgrade, type UpgradeEvent } from './http1/answer-upgrade.ts';
import { Http1Exchange } from './http1/http1-exchange.ts';
import { formatUrl } from './listener.ts';
import { behindResponses, giveBack, isForWebSocket, watchTaking } from './http1/foreign-upgrade.ts';
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
  readonly path: PathRule | undefined;
  readonly #server: AnyServer;
  readonly #patience: number;
  readonly #gate: HandshakeGate<Context>;

  constructor(options: ResolvedServerOptions, server: AnyServer, handler: HandshakeHandler<Context>) {
    this.path = options.path;
    this.#patience = options.handshakeTimeout;
    this.#server = server;
    this.#gate = new HandshakeGate(options, handler);
  }

  get address(): AddressInfo | string | undefined {
    return this.#server.address() ?? undefined;
  }

  get url(): string {
    return formatUrl(
      this.address,
      this.#server instanceof TlsServer,
      typeof this.path === 'string' ? this.path : undefined,
    );
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

  setTls(): never {
    throw new LocalUsageError('the server is attached to one of the application, whose setSecureContext does it');
  }

  get keepsPort(): boolean {
    return true;
  }

  announceEnd(): void {
    // What load balancers ask is the application's.
  }

  refuseNew({ keepPort }: { readonly keepPort: boolean }): void {
    if (!keepPort) ATTACHMENTS.get(this.#server)?.remove(this);
    this.#gate.refuseNew();
  }

  unref(): void {
    // The port is the application's.
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
  refuse(socket: Duplex, error: Error): void {
    const pending = this.#gate.begin(socket, new Http1Exchange(socket));
    if (pending !== undefined) this.#gate.refuse(pending, error);
  }

  /** Refuses a request that is left to the other listeners, if none of them has taken it when its time is up. */
  watch(socket: Duplex): void {
    const isTaken = watchTaking(socket);
    const timer = setTimeout(
      () => {
        if (!socket.destroyed && !isTaken()) this.refuse(socket, nothingServed());
      },
      Math.min(this.#patience, MAX_TIMEOUT),
    ).unref();
    socket.once('close', () => clearTimeout(timer));
  }
}

/** All that is attached to one server, behind one listener for its `'upgrade'` event. */
class Attachments {
  readonly #server: AnyServer;
  readonly #members = new Set<AttachedMember>();

  constructor(server: AnyServer) {
    this.#server = server;
  }

  add(member: AttachedMember): void {
    const { path } = member;
    for (const other of this.#members) {
      if (other.path !== path) continue;
      const which = typeof path === 'string' ? path : path === undefined ? 'every path' : 'the same pattern';
      throw new LocalUsageError(`the server already has a listener for ${which}`);
    }
    if (this.#members.size === 0) {
      ATTACHMENTS.set(this.#server, this);
      this.#server.on('upgrade', this.#onUpgrade);
    }
    this.#members.add(member);
  }

  remove(member: AttachedMember): void {
    if (!this.#members.delete(member) || this.#members.size > 0) return;
    ATTACHMENTS.delete(this.#server);
    this.#server.off('upgrade', this.#onUpgrade);
  }

  readonly #onUpgrade = (message: IncomingMessage, socket: Duplex, head: Uint8Array): void => {
    const [first] = this.#members;
    const alone = this.#server.listenerCount('upgrade') === 1;
    if (first === undefined) return;
    if (!isForWebSocket(message)) {
      if (alone) behindResponses(socket, () => this.#giveBack(first, { message, socket, head }));
      return;
    }
    const member = this.#find(message);
    if (member !== undefined) behindResponses(socket, () => member.answer(message, socket, head));
    else if (alone) first.refuse(socket, nothingServed());
    else first.watch(socket);
  };

  #giveBack(member: AttachedMember, event: UpgradeEvent): void {
    if (!giveBack(this.#server, event)) member.refuse(event.socket, refusal(431, 'too many header lines'));
  }

  /** The member for a request: one for exactly its path before one with a pattern, before one for all. */
  #find(message: IncomingMessage): AttachedMember | undefined {
    const requested = requestedPath(message, this.#server instanceof TlsServer);
    let found: AttachedMember | undefined;
    for (const member of this.#members) {
      const { path } = member;
      if (typeof path === 'string' && path === requested?.path) return member;
      if (
        typeof path === 'object' &&
        typeof found?.path !== 'object' &&
        requested !== undefined &&
        fits(path, requested)
      ) {
        found = member;
      }
      if (path === undefined) found ??= member;
    }
    return found;
  }
}

/** What {@link Attachments} needs of an {@link AttachedListener}. */
interface AttachedMember {
  readonly path: PathRule | undefined;
  answer(message: IncomingMessage, socket: Duplex, head: Uint8Array): void;
  refuse(socket: Duplex, error: Error): void;
  watch(socket: Duplex): void;
}

function nothingServed(): Error {
  return refusal(404, 'nothing is served at this path');
}

/** What of a request says where it leads; `undefined` where that cannot be read. */
function requestedPath({ url = '', headers }: IncomingMessage, encrypted: boolean): RequestedPath | undefined {
  const target = parseTarget(url);
  if (target === undefined) return undefined;
  const { path, query, host = headers.host ?? '' } = target;
  return { path, url: `${encrypted ? 'wss' : 'ws'}://${host}${path}${query === undefined ? '' : `?${query}`}` };
}

/** A pattern that throws is asked again when the request is judged, and its error reported. */
function fits(path: PathRule, requested: RequestedPath): boolean {
  try {
    return matchPath(path, requested) !== 'none';
  } catch {
    return true;
  }
}
