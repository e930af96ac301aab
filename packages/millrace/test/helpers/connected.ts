import type { Closure } from '../../src/protocol/base/closure.ts';
import type { MessageTransform, SendTransform } from '../../src/protocol/base/transform.ts';
import type { ConnectionOwner } from '../../src/protocol/connection/host.ts';
import type { ConnectionOptions } from '../../src/protocol/connection/options.ts';
import type { Receiver } from '../../src/protocol/receive/handlers.ts';
import type { ControlHooks } from '../../src/protocol/receive/read-ahead.ts';
import type { FrameObserver } from '../../src/protocol/wire/frame-observer.ts';
import { createScriptedPair, type ScriptedPair } from '../../src/testing/index.ts';
import { toHex } from './bytes.ts';
import { EventLog } from './event-log.ts';
import { receiverFor } from './receiving.ts';

/** How {@link connect} connects. */
export interface ConnectedSetup {
  /** Role of the connection; a client unless given, whose peer's frames are easy to read. */
  readonly role?: 'client' | 'server';
  readonly options?: ConnectionOptions;
  /** Level at which it receives; 3 unless given. */
  readonly level?: Receiver['level'];
  /** Is told of each line of the log when it has been written; may hold, send, throw. */
  readonly onLine?: (line: string, connected: Connected) => void;
  /** What the application is told of control frames; all of them unless given, so that the engine answers no Ping. */
  readonly controls?: ControlHooks;
  readonly transforms?: readonly MessageTransform[];
  readonly sendTransforms?: readonly SendTransform[];
  readonly observer?: FrameObserver;
  readonly maskingKey?: () => number;
}

/** A connection with a scripted peer, whose handlers write a log. */
export interface Connected extends ScriptedPair {
  readonly log: EventLog;
  /** Whether the application has not returned from what it was given; when that changes, `connection.proceed()` is due. */
  isWorking: boolean;
  /** How it ended, as told at once; empty before, one entry after. */
  readonly endings: Closure[];
  /** How it ended, as told last; empty before, one entry after. */
  readonly closures: Closure[];
  readonly errors: Error[];
  /** Lets everything happen, and gives the frames that the peer has received since the last time: `81: 48 69`. */
  heard(): string[];
}

/** Connects a connection to a scripted peer, in memory. */
export function connect(setup: ConnectedSetup = {}): Connected {
  const { role = 'client', level = 'streaming', onLine = () => undefined, options, maskingKey } = setup;
  const log = new EventLog((line) => onLine(line, connected));
  const { controls = log.hooks, transforms, sendTransforms, observer } = setup;
  const endings: Closure[] = [];
  const closures: Closure[] = [];
  const errors: Error[] = [];
  const handler: ConnectionOwner = {
    ...log.owner,
    get isWorking() {
      return connected.isWorking;
    },
    onEnded: (closure) => {
      endings.push(closure);
      log.owner.onEnded(closure);
    },
    onError: (error) => {
      errors.push(error);
      log.owner.onError(error);
    },
    onClosed: (closure) => {
      closures.push(closure);
      log.owner.onClosed(closure);
    },
  };
  const pair = createScriptedPair(role, {
    options,
    handler,
    controls,
    transforms,
    sendTransforms,
    observer,
    receiver: receiverFor(level, log),
    maskingKey,
  });
  const connected: Connected = {
    ...pair,
    log,
    isWorking: false,
    endings,
    closures,
    errors,
    heard: () => {
      pair.settle();
      const heard: string[] = [];
      for (let event = pair.peer.take(); event !== undefined; event = pair.peer.take()) {
        heard.push(event.type === 'frame' ? formatFrame(event.frame) : event.type);
      }
      return heard;
    },
  };
  return connected;
}

function formatFrame(frame: { fin: boolean; reservedBits: number; opcode: number; payload: Uint8Array }): string {
  const byte0 = (frame.fin ? 0x80 : 0) | (frame.reservedBits << 4) | frame.opcode;
  return `${toHex(Uint8Array.of(byte0))}: ${toHex(frame.payload)}`.trim();
}
