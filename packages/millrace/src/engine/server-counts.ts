import type { Closure } from '../protocol/base/closure.ts';
import type { ConnectionStats } from '../protocol/connection/host.ts';

/** What is summed over the connections of a server. */
type Traffic = Omit<ConnectionStats, 'compressionRatioReceived' | 'compressionRatioSent' | 'pingLatency'>;

/** The same, to be added to. */
type Sum = { -readonly [Name in keyof Traffic]: Traffic[Name] };

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
  readonly #traffic = noTraffic();

  /** A connection was accepted. */
  accept(): void {
    this.#accepted++;
    this.#open++;
  }

  /** A connection has ended. */
  end({ stats }: Member, { code }: Closure): void {
    this.#open--;
    increment(this.#closed, code);
    add(this.#traffic, stats);
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
    const traffic = { ...this.#traffic };
    for (const { stats } of members) add(traffic, stats);
    return {
      accepted: this.#accepted,
      open: this.#open,
      refused: Object.fromEntries(this.#refused),
      unanswered: this.#unanswered,
      closed: Object.fromEntries(this.#closed),
      ...traffic,
    };
  }
}

function noTraffic(): Sum {
  return {
    bytesReceived: 0,
    bytesSent: 0,
    framesReceived: 0,
    framesSent: 0,
    frameBytesReceived: 0,
    frameBytesSent: 0,
    messagesReceived: 0,
    messagesSent: 0,
    messageBytesReceived: 0,
    messageBytesSent: 0,
  };
}

function add(sum: Sum, traffic: Traffic): void {
  sum.bytesReceived += traffic.bytesReceived;
  sum.bytesSent += traffic.bytesSent;
  sum.framesReceived += traffic.framesReceived;
  sum.framesSent += traffic.framesSent;
  sum.frameBytesReceived += traffic.frameBytesReceived;
  sum.frameBytesSent += traffic.frameBytesSent;
  sum.messagesReceived += traffic.messagesReceived;
  sum.messagesSent += traffic.messagesSent;
  sum.messageBytesReceived += traffic.messageBytesReceived;
  sum.messageBytesSent += traffic.messageBytesSent;
}

function increment(counts: Map<number, number>, key: number): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
