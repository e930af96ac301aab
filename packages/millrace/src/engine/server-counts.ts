import type { Closure } from '../protocol/base/closure.ts';
import type { ConnectionStats } from '../protocol/connection/host.ts';

/** What is summed over the connections of a server. */
type Traffic = Omit<ConnectionStats, 'compressionRatioReceived' | 'compressionRatioSent' | 'pingLatency'>;

/** Counters of a server since it listens; the traffic is that of all its connections, open or not. */
export interface ServerStats extends Traffic {
  /** Connections that were accepted. */
  readonly accepted: number;
  /** Connections that are open. */
  readonly open: number;
  /** Opening handshakes that were refused, by the status of the response. */
  readonly refused: Readonly<Record<number, number>>;
  /** Opening handshakes that ended without a response: the client went away before, or did not get so far as TLS. */
  readonly unanswered: number;
  /** Connections that have ended, by the `code` of their closure: at most about 2,000 different ones, for peers choose among 3000 to 4999. */
  readonly closed: Readonly<Record<number, number>>;
}

/** Who has traffic. */
interface Member {
  readonly stats: ConnectionStats;
}

/** Counts for a server. A connection costs nothing here while it is open: it is asked when somebody wants to know. */
export class ServerCounts {
  #accepted = 0;
  #open = 0;
  #unanswered = 0;
  readonly #refused = new Map<number, number>();
  readonly #closed = new Map<number, number>();
  /** The traffic of connections that have ended. */
  #traffic: Traffic = addTraffic([]);

  /** A connection was accepted. */
  accept(): void {
    this.#accepted++;
    this.#open++;
  }

  /** A connection has ended. */
  end({ stats }: Member, { code }: Closure): void {
    this.#open--;
    increment(this.#closed, code);
    this.#traffic = addTraffic([this.#traffic, stats]);
  }

  /**
   * An opening handshake was not accepted.
   *
   * @param status - of the response; `undefined` if there was none
   */
  refuse(status: number | undefined): void {
    if (status === undefined) this.#unanswered++;
    else increment(this.#refused, status);
  }

  /**
   * Sums up.
   *
   * @param members - the open connections
   */
  sum(members: Iterable<Member>): ServerStats {
    return {
      accepted: this.#accepted,
      open: this.#open,
      refused: Object.fromEntries(this.#refused),
      unanswered: this.#unanswered,
      closed: Object.fromEntries(this.#closed),
      ...addTraffic([this.#traffic, ...Array.from(members, ({ stats }) => stats)]),
    };
  }
}

function addTraffic(all: readonly Traffic[]): Traffic {
  const sumOf = (name: keyof Traffic): number => all.reduce((sum, traffic) => sum + traffic[name], 0);
  return {
    bytesReceived: sumOf('bytesReceived'),
    bytesSent: sumOf('bytesSent'),
    framesReceived: sumOf('framesReceived'),
    framesSent: sumOf('framesSent'),
    frameBytesReceived: sumOf('frameBytesReceived'),
    frameBytesSent: sumOf('frameBytesSent'),
    messagesReceived: sumOf('messagesReceived'),
    messagesSent: sumOf('messagesSent'),
    messageBytesReceived: sumOf('messageBytesReceived'),
    messageBytesSent: sumOf('messageBytesSent'),
  };
}

function increment(counts: Map<number, number>, key: number): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
