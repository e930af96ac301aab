import type { Link } from './link.ts';
import type { ReplyCheck } from './reply-checks.ts';
import type { Traffic } from './traffic.ts';

/** What is asked and answered over one connection or several, with a fixed number of requests that are not answered. */
export interface Conversation {
  /** Sends the first requests; from now on each reply is followed by another. */
  start(): void;
  /** @throws {Error} the replies are not what they should be */
  finish(): void;
}

/** Told of replies, as they come. */
type OnReplies = (count: number) => void;

/** Counts the replies on one connection. */
class ReplyCounter {
  readonly #replySize: number;
  readonly check: ReplyCheck;
  #partial = 0;

  constructor(traffic: Traffic) {
    this.#replySize = traffic.replySize;
    this.check = traffic.check();
  }

  /** Takes what arrived, and says how many replies it completes. */
  add(chunk: Uint8Array): number {
    this.check.add(chunk);
    const bytes = this.#partial + chunk.length;
    const count = Math.floor(bytes / this.#replySize);
    this.#partial = bytes - count * this.#replySize;
    return count;
  }
}

/** Requests on one connection, each answered there. */
export function createDialog(link: Link, traffic: Traffic, outstanding: number, onReplies: OnReplies): Conversation {
  const replies = new ReplyCounter(traffic);
  let sent = 0;
  const send = (count: number): void => {
    link.send(traffic.requests(sent, count));
    sent += count;
  };
  link.onData = (chunk) => {
    const count = replies.add(chunk);
    if (count === 0) return;
    send(count);
    onReplies(count);
  };
  return { start: () => send(outstanding), finish: () => replies.check.finish() };
}

/** Requests on the first connection, each answered on all of them. */
export function createBroadcast(
  links: readonly Link[],
  traffic: Traffic,
  outstanding: number,
  onReplies: OnReplies,
): Conversation {
  const [sender] = links;
  if (sender === undefined) throw new Error('a broadcast needs connections');
  const counters = links.map(() => new ReplyCounter(traffic));
  const received = new Int32Array(links.length);
  /** How many connections have got the request with this index, modulo those that can be on their way. */
  const arrived = new Int32Array(outstanding);
  let sent = 0;
  const send = (count: number): void => {
    sender.send(traffic.requests(sent, count));
    sent += count;
  };
  for (const [index, link] of links.entries()) {
    link.onData = (chunk) => {
      const count = counters[index]!.add(chunk);
      let complete = 0;
      for (let reply = received[index]!; reply < received[index]! + count; reply++) {
        const slot = reply % outstanding;
        if (++arrived[slot]! < links.length) continue;
        arrived[slot] = 0;
        complete++;
      }
      received[index]! += count;
      if (complete > 0) send(complete);
      onReplies(count);
    };
  }
  const finish = (): void => counters.forEach(({ check }) => check.finish());
  return { start: () => send(outstanding), finish };
}
