import { Connection } from '../protocol/connection/connection.ts';
import type { MessageTransform, SendTransform } from '../protocol/base/transform.ts';
import type { ConnectionOwner } from '../protocol/connection/host.ts';
import { resolveConnectionOptions, type ConnectionOptions } from '../protocol/connection/options.ts';
import type { Receiver } from '../protocol/receive/handlers.ts';
import type { ControlHooks } from '../protocol/receive/read-ahead.ts';
import type { FrameObserver } from '../protocol/wire/frame-observer.ts';
import { MemoryDriver } from './memory-driver.ts';
import { MemoryTransport } from './memory-transport.ts';
import { ScriptedPeer } from './scripted-peer.ts';
import { VirtualClock } from './virtual-clock.ts';

/** How one end of a {@link MemoryPair} is set up. */
export interface MemoryEndSetup {
  readonly options?: ConnectionOptions | undefined;
  /** The level at which messages are received, and who takes them; they are ignored unless given. */
  readonly receiver?: Receiver | undefined;
  /** Who is told of everything else. What it leaves out does nothing. */
  readonly handler?: Partial<ConnectionOwner> | undefined;
  /** Who is told of control frames, in their order; Pings are answered unless it does. */
  readonly controls?: ControlHooks | undefined;
  /** What changes the messages that it receives, in the order in which extensions would have been agreed on. */
  readonly transforms?: readonly MessageTransform[] | undefined;
  /** What changes the messages that it sends, in the same order. */
  readonly sendTransforms?: readonly SendTransform[] | undefined;
  /** Watches its frames. */
  readonly observer?: FrameObserver | undefined;
  /** Gives the masking keys of a client; unless given, a fixed sequence without repetition. */
  readonly maskingKey?: (() => number) | undefined;
}

/** A connection over a transport in memory. */
export interface MemoryEnd {
  readonly connection: Connection;
  /** Its end of the transport, to cut what arrives at it, to stop it from reading, to break it. */
  readonly transport: MemoryTransport;
}

/** Something in memory in which nothing happens by itself. */
export interface Settling {
  /** The clock that all deadlines follow. What becomes due when it is advanced happens, with all that follows. */
  readonly clock: VirtualClock;
  /** Lets everything happen that needs no time, until nothing does any more. */
  readonly settle: () => void;
}

/** Two connections that talk to each other. */
export interface MemoryPair extends Settling {
  readonly client: MemoryEnd;
  readonly server: MemoryEnd;
}

/**
 * Joins two connections in memory, without sockets and timers: nothing happens but in `settle()` and in `clock.advance()`, so that a test
 * sees the same each time.
 */
export function createMemoryPair(
  setup: { readonly client?: MemoryEndSetup; readonly server?: MemoryEndSetup; readonly clock?: VirtualClock } = {},
): MemoryPair {
  const { clock = new VirtualClock() } = setup;
  const [near, far] = MemoryTransport.createPair();
  const parts: Part[] = [];
  const settle = (): void => settleAll(parts);
  const client = createEnd('client', setup.client, { transport: near, clock, settle });
  const server = createEnd('server', setup.server, { transport: far, clock, settle });
  parts.push(client.driver, server.driver, near, far);
  return { clock, settle, client: client.end, server: server.end };
}

/** A connection, and a peer that says what a test tells it to. */
export interface ScriptedPair extends MemoryEnd, Settling {
  readonly peer: ScriptedPeer;
  /** The peer's end of the transport. */
  readonly peerTransport: MemoryTransport;
}

/**
 * Joins a connection in memory to a {@link ScriptedPeer} of the other role, as {@link createMemoryPair} does with two connections.
 *
 * @param role - that of the connection
 */
export function createScriptedPair(
  role: 'client' | 'server',
  setup: MemoryEndSetup & { readonly clock?: VirtualClock } = {},
): ScriptedPair {
  const { clock = new VirtualClock() } = setup;
  const [near, far] = MemoryTransport.createPair();
  const parts: Part[] = [];
  const settle = (): void => settleAll(parts);
  const peer = new ScriptedPeer(role === 'client' ? 'server' : 'client', far);
  const { end, driver } = createEnd(role, setup, { transport: near, clock, settle });
  parts.push(driver, near, far);
  far.attach(peer);
  return { ...end, clock, settle, peer, peerTransport: far };
}

interface Part {
  step(): boolean;
}

function settleAll(parts: readonly Part[]): void {
  while (parts.filter((part) => part.step()).length > 0);
}

interface Surroundings {
  readonly transport: MemoryTransport;
  readonly clock: VirtualClock;
  readonly settle: () => void;
}

function createEnd(
  role: 'client' | 'server',
  setup: MemoryEndSetup = {},
  surroundings: Surroundings,
): { end: MemoryEnd; driver: MemoryDriver } {
  const { receiver = { level: 'message', handler: { onMessage: ignore } }, maskingKey = createKeys() } = setup;
  const { controls, transforms, sendTransforms, observer } = setup;
  const options = resolveConnectionOptions(setup.options);
  const handler = completeOwner(setup.handler);
  const driver: MemoryDriver = new MemoryDriver({
    ...surroundings,
    maskingKey,
    createConnection: (host) =>
      new Connection({ role, options, host, receiver, handler, controls, transforms, sendTransforms, observer }),
  });
  return { driver, end: { connection: driver.connection, transport: surroundings.transport } };
}

/** Makes an owner of a connection of what there is of it. */
function completeOwner(owner: Partial<ConnectionOwner> = {}): ConnectionOwner {
  return {
    get isWorking() {
      return owner.isWorking ?? false;
    },
    onPong: (payload) => owner.onPong?.(payload),
    onError: (error) => owner.onError?.(error),
    onHighWater: () => owner.onHighWater?.(),
    onProgress: () => owner.onProgress?.(),
    onDrain: () => owner.onDrain?.(),
    onClosing: () => owner.onClosing?.(),
    onFull: () => owner.onFull?.(),
    onEnded: (closure) => owner.onEnded?.(closure),
    onClosed: (closure) => owner.onClosed?.(closure),
  };
}

function ignore(): void {
  // Nobody asked to be told.
}

/** Keys that differ in every byte from one to the next, and repeat after 2^32. */
function createKeys(): () => number {
  let key = 0;
  return () => (key = (key + 0x9e37_79b9) | 0);
}
