import type { TestContext } from 'node:test';

import { AsyncContext } from '../../src/engine/async-context.ts';
import { EngineConnection, type ConnectionUser } from '../../src/engine/engine-connection.ts';
import type { Closure } from '../../src/protocol/base/closure.ts';
import { resolveConnectionOptions, type ConnectionOptions } from '../../src/protocol/connection/options.ts';
import type { ControlHooks } from '../../src/protocol/receive/read-ahead.ts';
import { ScriptedPeer, createDuplexPair, type DuplexEnd } from '../../src/testing/index.ts';
import { Inbox } from './inbox.ts';

/** How an {@link Engine} is set up. */
export interface EngineSetup {
  /** Ours; a server unless given, whose frames are not masked. */
  readonly role?: 'client' | 'server';
  readonly options?: ConnectionOptions;
  readonly controls?: ControlHooks;
  readonly context?: AsyncContext;
  /** Called for each text that comes. */
  readonly onText?: (text: string, engine: Engine) => void;
  /** Called for each line of the log. */
  readonly onLine?: (line: string) => void;
}

/** A connection as a façade has it, over a stream in memory, with a peer that does what it is told. */
export class Engine implements ConnectionUser {
  readonly engine: EngineConnection;
  readonly peer: ScriptedPeer;
  readonly socket: DuplexEnd;
  /** What the user was told: `text: a`, `ended 1006`, … */
  readonly log: string[] = [];
  readonly errors: Error[] = [];
  readonly receiver: ConnectionUser['receiver'];
  readonly controls: ControlHooks | undefined;
  isWorking = false;
  /** How it ended, when the user was told last. */
  readonly closed: Inbox<Closure> = new Inbox<Closure>();
  readonly #onLine: (line: string) => void;
  readonly #other: DuplexEnd;

  /** Opens it, as if the opening handshake were done; no keepalive. */
  constructor(t: TestContext, setup: EngineSetup = {}) {
    const { role = 'server', options, controls, context = new AsyncContext(), onText, onLine } = setup;
    [this.socket, this.#other] = createDuplexPair([{ allowHalfOpen: true }, { allowHalfOpen: true }]);
    this.peer = ScriptedPeer.over(role === 'server' ? 'client' : 'server', this.#other);
    this.controls = controls;
    this.#onLine = onLine ?? (() => undefined);
    this.receiver = {
      level: 'message',
      handler: {
        onMessage: (message) => {
          this.#add(`text: ${String(message)}`);
          onText?.(String(message), this);
        },
      },
    };
    const made = {
      role,
      socket: this.socket,
      options: resolveConnectionOptions({ keepAlive: false, ...options }),
      peer: '',
      subprotocol: undefined,
      extensions: '',
      onreadPlaces: undefined,
      context,
    };
    this.engine = new EngineConnection(made, this);
    this.engine.start(new Uint8Array(0));
    t.after(() => this.socket.destroy());
  }

  /** Has the peer read nothing more. */
  block(): void {
    this.#other.chunking = 'by hand';
  }

  /** Has it read again. */
  unblock(): void {
    this.#other.chunking = 'whole';
  }

  onHighWater(): void {
    this.#add('high water');
  }

  onDrain(): void {
    this.#add('drain');
  }

  onClosing(): void {
    this.#add('closing');
  }

  onFull(): void {
    this.#add('full');
  }

  onEnded({ code }: Closure): void {
    this.#add(`ended ${code}`);
  }

  onClosed(closure: Closure): void {
    this.#add(`closed ${closure.code}`);
    this.closed.put(closure);
  }

  onError(error: Error): void {
    this.errors.push(error);
    this.#add(`error: ${error.message}`);
  }

  #add(line: string): void {
    this.log.push(line);
    this.#onLine(line);
  }
}
