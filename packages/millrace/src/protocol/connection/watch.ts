import { CloseCode } from '../base/close-code.ts';
import { Opcode } from '../base/opcode.ts';
import type { Inbound } from '../receive/inbound.ts';
import type { Scheduler } from '../send/scheduler.ts';
import type { Ending } from './ending.ts';
import type { ConnectionHost, ConnectionOwner } from './host.ts';
import { KeepAlive } from './keep-alive.ts';
import { createLifetime, type Lifetime } from './lifetime.ts';
import type { MessageSender } from './message-sender.ts';
import type { ResolvedConnectionOptions } from './options.ts';
import { ReceivePace } from './receive-pace.ts';

/** What a {@link Watch} looks at, and acts on. */
export interface WatchSetup {
  readonly options: Pick<ResolvedConnectionOptions, 'keepAlive' | 'maxLifetime' | 'idleTimeout' | 'minReceiveRate'>;
  readonly host: ConnectionHost;
  readonly handler: Pick<ConnectionOwner, 'isWorking'>;
  readonly inbound: Inbound;
  readonly scheduler: Scheduler;
  readonly sender: MessageSender;
  readonly ending: Ending;
}

/** Watches an open connection: whether its peer lives, is fast enough and not too fast, and whether the connection is old or idle. */
export class Watch {
  readonly #setup: WatchSetup;
  readonly #keepAlive: KeepAlive;
  readonly #lifetime: Lifetime | undefined;
  readonly #pace: ReceivePace | undefined;
  #bytesSent = 0;

  constructor(setup: WatchSetup) {
    const { options, host } = setup;
    this.#setup = setup;
    this.#keepAlive = new KeepAlive(options.keepAlive, host.now());
    this.#lifetime = createLifetime(options, host);
    this.#pace = options.minReceiveRate === 0 ? undefined : new ReceivePace(options.minReceiveRate);
  }

  /** When to look, in milliseconds of the host's clock. */
  get deadline(): number {
    const limits = Math.min(this.#lifetime?.deadline ?? Infinity, this.#pace?.deadline ?? Infinity);
    return Math.min(this.#keepAlive.deadline, this.#setup.inbound.rate?.deadline ?? Infinity, limits);
  }

  /** How long the last ping has taken that was answered, in milliseconds. */
  get pingLatency(): number | undefined {
    return this.#keepAlive.latency;
  }

  set pingLatency(latency: number | undefined) {
    this.#keepAlive.latency = latency;
  }

  /** The peer has shown that it lives, or we did not listen. */
  heard(now: number): void {
    this.#keepAlive.heard(now);
  }

  /** The peer has answered a ping of keepalive. */
  answered(now: number): void {
    this.#keepAlive.answered(now);
  }

  /** Bytes have come, and were dealt with as far as possible. */
  received(now: number, size: number): void {
    const { inbound } = this.#setup;
    this.#lifetime?.note(now, this.#activity);
    this.#pace?.note(now, size, inbound.reader.insideMessage || inbound.insideFrame);
  }

  /** Bytes have gone, so many in all. */
  sent(total: number): void {
    this.#bytesSent = total;
    this.#lifetime?.note(this.#setup.host.now(), this.#activity);
  }

  /** Nothing is read for now: that the peer is slow is our doing. */
  paused(now: number): void {
    this.#pace?.restart(now);
  }

  /**
   * Looks whether a limit of time is exceeded, and ends the connection if one is.
   *
   * @returns whether it goes on
   */
  look(now: number): boolean {
    const { inbound, handler, ending } = this.#setup;
    if (inbound.renewRate(now)) this.#keepAlive.heard(now);
    if (!inbound.isEmpty || handler.isWorking) this.#lifetime?.renew(now);
    const exceeded = this.#lifetime?.judge(now);
    if (exceeded !== undefined) ending.close('engine', CloseCode.GOING_AWAY, `as long as ${exceeded} allows`);
    const tooSlow = this.#pace?.judge(now);
    // Where we do not read, that it is slow is our doing.
    const isAtFault = tooSlow !== undefined && inbound.wantsInput;
    if (isAtFault) ending.violate(tooSlow);
    return exceeded === undefined && !isAtFault;
  }

  /** Pings a silent peer, and gives up one that has vanished. */
  keepAlive(now: number): void {
    const { inbound, scheduler, sender, ending } = this.#setup;
    // While a frame of ours is open we can send no ping.
    if (scheduler.insideFrame) this.#keepAlive.heard(now);
    const { insideFrame } = inbound;
    const verdict = this.#keepAlive.check(now, { insideFrame, isBlind: !inbound.wantsInput });
    if (verdict === 'ping') sender.sendControlFrame(Opcode.PING);
    if (verdict === 'lost') ending.giveUp('the peer has vanished: it was silent for longer than keepAlive allows');
  }

  /** How much data has come and gone, in whatever unit. */
  get #activity(): number {
    const { inbound, scheduler } = this.#setup;
    // Of a message that is being sent, each piece is worth noting.
    return inbound.reader.activity + scheduler.messagesSent + (scheduler.insideMessage ? this.#bytesSent : 0);
  }
}
