import type { Link } from './link.ts';
import type { Meter } from './meter.ts';
import type { ReplyCheck } from './reply-checks.ts';
import type { Traffic } from './traffic.ts';

/** What is asked and answered over one connection or several, with a fixed number of requests that are not answered. */
export interface Conversation {
  /** Sends the first requests; from now on each reply is followed by another. */
  start(): void;
  /** @throws {Error} the replies are not what they should be */
  finish(): void;
}

/** What conversations are made of. */
export interface ConversationOptions {
  readonly traffic: Traffic;
  readonly outstanding: number;
  readonly meter: Meter;
}

/** When requests were sent, of which the last few are not answered yet; replies come in the same order. */
class SendTimes {
  readonly #times: Float64Array;
  #sent = 0;

  constructor(outstanding: number) {
    this.#times = new Float64Array(outstanding);
  }

  get sent(): number {
    return this.#sent;
  }

  send(count: number): void {
    const now = performance.now();
    for (let each = 0; each < count; each++) this.#times[this.#sent++ % this.#times.length] = now;
  }

  of(index: number): number {
    return this.#times[index % this.#times.length]!;
  }
}

/** Requests on one connection, each answered there. */
export function createDialog(link: Link, { traffic, outstanding, meter }: ConversationOptions): Conversation {
  const check: ReplyCheck = traffic.check();
  const times = new SendTimes(outstanding);
  let replies = 0;
  const send = (count: number): void => {
    const first = times.sent;
    times.send(count);
    link.send(traffic.requests(first, count));
  };
  link.onData = (chunk) => {
    const count = check.add(chunk);
    if (count === 0) return;
    const now = performance.now();
    for (let each = 0; each < count; each++) meter.addLatency(now - times.of(replies++));
    send(count);
    meter.add(count);
  };
  return { start: () => send(outstanding), finish: () => check.finish() };
}

/** Requests on the first connection, each answered on all of them; the last of its replies counts for the latency. */
export function createBroadcast(links: readonly Link[], options: ConversationOptions): Conversation {
  const { traffic, outstanding, meter } = options;
  const [sender] = links;
  if (sender === undefined) throw new Error('a broadcast needs connections');
  const checks = links.map(() => traffic.check());
  const received = new Int32Array(links.length);
  /** How many connections have got the request with this index, modulo those that can be on their way. */
  const arrived = new Int32Array(outstanding);
  const times = new SendTimes(outstanding);
  const send = (count: number): void => {
    const first = times.sent;
    times.send(count);
    sender.send(traffic.requests(first, count));
  };
  for (const [index, link] of links.entries()) {
    link.onData = (chunk) => {
      const count = checks[index]!.add(chunk);
      let complete = 0;
      for (let reply = received[index]!; reply < received[index]! + count; reply++) {
        const slot = reply % outstanding;
        if (++arrived[slot]! < links.length) continue;
        arrived[slot] = 0;
        complete++;
        meter.addLatency(performance.now() - times.of(reply));
      }
      received[index]! += count;
      if (complete > 0) send(complete);
      meter.add(count);
    };
  }
  const finish = (): void => checks.forEach((check) => check.finish());
  return { start: () => send(outstanding), finish };
}
