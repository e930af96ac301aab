import type { MessageTransform } from '../../src/protocol/base/transform.ts';
import { ClaimTable } from '../../src/protocol/extension/claims.ts';
import type { Receiver } from '../../src/protocol/receive/handlers.ts';
import { Inbound } from '../../src/protocol/receive/inbound.ts';
import type { InboundLimits, InboundOwner } from '../../src/protocol/receive/inbound-setup.ts';
import { portableTextCodec } from '../../src/protocol/wire/text-codec.ts';
import { EventLog } from './event-log.ts';

/** How a {@link Receiving} is set up. */
export interface ReceivingSetup {
  /** Level at which it receives; 3 unless given. */
  readonly level?: Receiver['level'];
  /** Whether level 3 gets chunks that are only lent. */
  readonly lendsPayload?: boolean;
  readonly limits?: Partial<InboundLimits>;
  readonly transforms?: readonly MessageTransform[];
  /** Is told of each line of the log when it has been written; may hold, release, throw. */
  readonly onLine?: (line: string, inbound: Inbound) => void;
}

const LIMITS: InboundLimits = {
  maxFrameSize: Infinity,
  maxMessageSize: Infinity,
  maxStreamedMessageSize: Infinity,
  readAhead: 64 * 1024,
};

/** The receiving half of a client, whose owner writes a log, and whose time and turns are what a test says. Control frames are logged at once. */
export class Receiving implements InboundOwner {
  readonly log: EventLog;
  readonly inbound: Inbound;
  readonly errors: Error[] = [];
  time = 0;
  turnTime: number = Infinity;
  /** How often it asked for a turn. */
  turnsRequested = 0;
  /** How often it said that it moved on, and that enough waits. */
  advances = 0;
  fulls = 0;

  constructor({ level = 'streaming', onLine = () => undefined, ...setup }: ReceivingSetup = {}) {
    this.log = new EventLog((line) => onLine(line, this.inbound));
    this.inbound = new Inbound({
      role: 'client',
      reserved: new ClaimTable(),
      receiver: receiverFor(level, this.log, setup.lendsPayload ?? false),
      limits: { ...LIMITS, ...setup.limits },
      transforms: setup.transforms ?? [],
      host: {
        text: portableTextCodec,
        now: () => this.time,
        turnTime: () => this.turnTime,
        requestTurn: () => this.turnsRequested++,
      },
      owner: this,
    });
  }

  /** Feeds chunks, which are only lent. */
  feed(chunks: Iterable<Uint8Array>): void {
    for (const chunk of chunks) {
      this.inbound.receive(chunk, this.time);
      chunk.fill(0xee);
    }
  }

  onControlFrame(opcode: number, payload: Uint8Array, reservedBits: number): void {
    this.log.controls.onControlFrame(opcode, payload, reservedBits);
  }

  onReceiveError(error: Error): void {
    this.errors.push(error);
    this.inbound.stop();
  }

  onAdvanced(): void {
    this.advances++;
  }

  onFull(): void {
    this.fulls++;
  }
}

/** The handler of a level that writes to `log`. */
export function receiverFor(level: Receiver['level'], log: EventLog, lendsPayload = false): Receiver {
  switch (level) {
    case 'streaming':
      return { level, handler: log.streaming, lendsPayload };
    case 'frame':
      return { level, handler: log.frames };
    case 'message':
      return { level, handler: log.messages };
    case 'whole or streaming':
      return { level, handler: log.whole };
  }
}
