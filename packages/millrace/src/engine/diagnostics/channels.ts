import { channel, type Channel } from 'node:diagnostics_channel';

import { toError } from '../../protocol/base/errors.ts';
import type { DiagnosticsMessages } from './messages.ts';

/** A diagnostics channel and what it is told. */
export class DiagnosticsChannel<Message extends object> {
  readonly #channel: Channel;

  constructor(name: keyof DiagnosticsMessages) {
    this.#channel = channel(name);
  }

  /** Whether anybody listens. */
  get hasSubscribers(): boolean {
    return this.#channel.hasSubscribers;
  }

  /** Tells all who listen. What a subscriber throws becomes an uncaught exception in Node.js, and a process warning where that throws here. */
  publish(message: Message): void {
    try {
      this.#channel.publish(message);
    } catch (thrown) {
      process.emitWarning(toError(thrown));
    }
  }

  /** Tells all who listen, and calls `action` with the stores that they have bound to the channel, where the runtime knows that. */
  runStores<Result>(message: Message, action: () => Result): Result {
    const bound: Partial<Pick<Channel<unknown, object>, 'runStores'>> = this.#channel;
    if (typeof bound.runStores === 'function') return this.#channel.runStores(message, action);
    this.publish(message);
    return action();
  }
}

function createChannel<Name extends keyof DiagnosticsMessages>(
  name: Name,
): DiagnosticsChannel<DiagnosticsMessages[Name]> {
  return new DiagnosticsChannel(name);
}

/** Our channels but those of the tracing channel. */
export const CHANNELS: {
  readonly open: DiagnosticsChannel<DiagnosticsMessages['millrace:connection:open']>;
  readonly close: DiagnosticsChannel<DiagnosticsMessages['millrace:connection:close']>;
  readonly refused: DiagnosticsChannel<DiagnosticsMessages['millrace:handshake:refused']>;
  readonly frameIn: DiagnosticsChannel<DiagnosticsMessages['millrace:frame:in']>;
  readonly frameOut: DiagnosticsChannel<DiagnosticsMessages['millrace:frame:out']>;
  readonly error: DiagnosticsChannel<DiagnosticsMessages['millrace:error']>;
} = {
  open: createChannel('millrace:connection:open'),
  close: createChannel('millrace:connection:close'),
  refused: createChannel('millrace:handshake:refused'),
  frameIn: createChannel('millrace:frame:in'),
  frameOut: createChannel('millrace:frame:out'),
  error: createChannel('millrace:error'),
};

/** The five channels that make the tracing channel `millrace:handshake`, which only newer runtimes can make of them. */
export const HANDSHAKE: {
  readonly start: DiagnosticsChannel<DiagnosticsMessages['tracing:millrace:handshake:start']>;
  readonly end: DiagnosticsChannel<DiagnosticsMessages['tracing:millrace:handshake:end']>;
  readonly asyncStart: DiagnosticsChannel<DiagnosticsMessages['tracing:millrace:handshake:asyncStart']>;
  readonly asyncEnd: DiagnosticsChannel<DiagnosticsMessages['tracing:millrace:handshake:asyncEnd']>;
  readonly error: DiagnosticsChannel<DiagnosticsMessages['tracing:millrace:handshake:error']>;
} = {
  start: createChannel('tracing:millrace:handshake:start'),
  end: createChannel('tracing:millrace:handshake:end'),
  asyncStart: createChannel('tracing:millrace:handshake:asyncStart'),
  asyncEnd: createChannel('tracing:millrace:handshake:asyncEnd'),
  error: createChannel('tracing:millrace:handshake:error'),
};
