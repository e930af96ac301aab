import type { Closure } from '../../protocol/base/closure.ts';
import type { ConnectionStats } from '../../protocol/connection/host.ts';
import type { FrameHeader } from '../../protocol/wire/frame-header.ts';
import type { CallContext } from '../../transport/driver-setup.ts';
import { CHANNELS, type DiagnosticsChannel } from './channels.ts';
import type { FrameMessage, ObservedConnection } from './messages.ts';
import { publishSoon } from './publication.ts';

/** What is told of a connection. */
export interface Observable {
  readonly made: Omit<ObservedConnection, 'id' | 'stats'>;
  readonly context: CallContext;
  readonly connection: { readonly stats: ConnectionStats };
}

/** What subscribers see of a connection. */
class ObservedView implements ObservedConnection {
  readonly id: number;
  readonly role: 'client' | 'server';
  readonly peer: string;
  readonly subprotocol: string | undefined;
  readonly extensions: string;
  readonly #observable: Observable;

  constructor(id: number, observable: Observable) {
    const { role, peer, subprotocol, extensions } = observable.made;
    this.id = id;
    this.role = role;
    this.peer = peer;
    this.subprotocol = subprotocol;
    this.extensions = extensions;
    this.#observable = observable;
    Object.freeze(this);
  }

  get stats(): ConnectionStats {
    return this.#observable.connection.stats;
  }
}

/** A connection that somebody watches, and when it was opened. */
interface Watched {
  readonly view: ObservedConnection;
  readonly openedAt: number | undefined;
}

// Not a field of connections: most are never watched.
const WATCHED = new WeakMap<Observable, Watched>();
let count = 0;

/** Publishes that a connection is open. */
export function tellOpen(observable: Observable): void {
  const { open, close } = CHANNELS;
  if (!open.hasSubscribers && !close.hasSubscribers) return;
  const { view } = watch(observable, performance.now());
  if (open.hasSubscribers) publishSoon(observable.context, open, { connection: view });
}

/** Publishes that a connection has ended. */
export function tellClosed(observable: Observable, closure: Closure): void {
  if (!CHANNELS.close.hasSubscribers) return;
  const { view, openedAt } = watch(observable);
  const duration = openedAt === undefined ? undefined : performance.now() - openedAt;
  publishSoon(observable.context, CHANNELS.close, { connection: view, closure, duration });
}

/**
 * Publishes that something of the application has thrown, or something of ours has failed.
 *
 * @param observable - the connection that it is about, if it is about one
 */
export function tellError(observable: Observable | undefined, error: Error): void {
  if (!CHANNELS.error.hasSubscribers) return;
  if (observable === undefined) CHANNELS.error.publish({ connection: undefined, error });
  else publishSoon(observable.context, CHANNELS.error, { connection: watch(observable).view, error });
}

/** Publishes the header of a frame that is received. */
export function tellFrameIn(observable: Observable, header: FrameHeader): void {
  const { fin, reservedBits, opcode, maskingKey, payloadLength } = header;
  const masked = maskingKey !== undefined;
  tellFrame(observable, CHANNELS.frameIn, { fin, reservedBits, opcode, masked, payloadLength });
}

/** Publishes the header of a frame that is sent. */
export function tellFrameOut(observable: Observable, byte0: number, length: number | bigint): void {
  tellFrame(observable, CHANNELS.frameOut, {
    fin: (byte0 & 0x80) !== 0,
    reservedBits: (byte0 & 0x70) >> 4,
    opcode: byte0 & 0x0f,
    masked: observable.made.role === 'client',
    payloadLength: Number(length),
  });
}

function tellFrame(
  observable: Observable,
  channel: DiagnosticsChannel<FrameMessage>,
  frame: Omit<FrameMessage, 'connection'>,
): void {
  publishSoon(observable.context, channel, { connection: watch(observable).view, ...frame });
}

function watch(observable: Observable, openedAt?: number): Watched {
  let watched = WATCHED.get(observable);
  if (watched === undefined) {
    watched = { view: new ObservedView(++count, observable), openedAt };
    WATCHED.set(observable, watched);
  }
  return watched;
}
