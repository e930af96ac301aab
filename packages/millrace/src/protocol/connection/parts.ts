import type { MessageTransform, SendTransform } from '../base/transform.ts';
import type { Claims } from '../extension/claims.ts';
import type { Receiver } from '../receive/handlers.ts';
import { Inbound } from '../receive/inbound.ts';
import type { InboundOwner } from '../receive/inbound-setup.ts';
import type { ControlHooks } from '../receive/read-ahead.ts';
import type { MessageOutput } from '../send/message-output.ts';
import { Scheduler } from '../send/scheduler.ts';
import type { SchedulerListener } from '../send/scheduler-setup.ts';
import { SendPipeline, type SendPipelineListener } from '../send/send-pipeline.ts';
import { SendQueue, type SendQueueOwner } from '../send/send-queue.ts';
import { chainTransforms } from '../send/transform-chain.ts';
import type { FrameObserver } from '../wire/frame-observer.ts';
import { ClosingHandshake, type ClosingListener } from './closing-handshake.ts';
import { Ending, type EndingSetup } from './ending.ts';
import type { ConnectionHost, ConnectionOwner } from './host.ts';
import { MessageSender } from './message-sender.ts';
import type { ResolvedConnectionOptions } from './options.ts';
import type { MessageSenderSetup, SenderOwner } from './sender-setup.ts';
import { Watch, type WatchSetup } from './watch.ts';

/** What a `Connection` is made of. */
export interface ConnectionSetup {
  /** Our side: a client masks what it sends (RFC 6455 §5.1). */
  readonly role: 'client' | 'server';
  readonly options: ResolvedConnectionOptions;
  readonly host: ConnectionHost;
  /** The level at which messages are received, and who takes them. */
  readonly receiver: Receiver;
  readonly handler: ConnectionOwner;
  /** What the application is told of control frames; nothing unless given, and Pings are answered. */
  readonly controls?: ControlHooks | undefined;
  /** Whether a Close for which the peer is to blame says what it did wrong; it does unless this is `false`. */
  readonly explainsFailure?: boolean | undefined;
  /** What the extensions change of messages that are received, in the order in which they were agreed on. */
  readonly transforms?: readonly MessageTransform[] | undefined;
  /** What they change of messages that are sent, in the same order. */
  readonly sendTransforms?: readonly SendTransform[] | undefined;
  /** The reserved bits and opcodes that may be received; those that the option `extensionPoints` claims unless given. */
  readonly claims?: Claims | undefined;
  /** Watches the frames; nobody unless given. */
  readonly observer?: FrameObserver | undefined;
}

/** Whom the parts of a connection tell of what happens: the connection itself. */
export interface PartsOwner
  extends InboundOwner, SenderOwner, ClosingListener, SchedulerListener, SendPipelineListener, SendQueueOwner {}

/** The parts of a connection, and what they know of each other: one object, which each of them keeps. */
export class ProtocolParts implements EndingSetup, WatchSetup, MessageSenderSetup {
  readonly role: 'client' | 'server';
  readonly options: ResolvedConnectionOptions;
  readonly explainsFailure: boolean;
  readonly host: ConnectionHost;
  readonly handler: ConnectionOwner;
  readonly owner: PartsOwner;
  readonly closing: ClosingHandshake;
  readonly inbound: Inbound;
  readonly scheduler: Scheduler;
  /** Between the application and the scheduler, where extensions change what is sent. */
  readonly sendPipeline: SendPipeline | undefined;
  readonly queue: SendQueue;
  readonly sender: MessageSender;
  readonly ending: Ending;
  readonly watch: Watch;

  constructor(setup: ConnectionSetup, owner: PartsOwner) {
    const { role, options, host, receiver, handler, transforms = [], observer, explainsFailure = true } = setup;
    const { fragmentSize, highWaterMark } = options;
    const reserved = setup.claims ?? options.claims;
    this.role = role;
    this.options = options;
    this.explainsFailure = explainsFailure;
    this.host = host;
    this.handler = handler;
    this.owner = owner;
    this.closing = new ClosingHandshake(owner);
    this.inbound = new Inbound({ role, reserved, receiver, limits: options, transforms, host, owner, observer });
    this.scheduler = new Scheduler({ role, host, fragmentSize, listener: owner, observer });
    this.sendPipeline = createSendPipeline(setup, this.scheduler, owner);
    this.queue = new SendQueue({ messages: this.messages, text: host.text, highWaterMark, owner });
    this.sender = new MessageSender(this);
    this.ending = new Ending(this);
    this.watch = new Watch(this);
  }

  /** Where messages go: to the scheduler, or through transforms before. */
  get messages(): MessageOutput {
    return this.sendPipeline ?? this.scheduler;
  }
}

function createSendPipeline(
  { sendTransforms, host, options }: ConnectionSetup,
  scheduler: Scheduler,
  listener: SendPipelineListener,
): SendPipeline | undefined {
  const transform = chainTransforms(sendTransforms);
  if (transform === undefined) return undefined;
  const { fragmentSize, highWaterMark } = options;
  const isFull = (): boolean => scheduler.output.cost + host.transportBufferedAmount() > highWaterMark;
  const now = (): number => host.now();
  return new SendPipeline({ scheduler, transform, text: host.text, fragmentSize, now, isFull, listener });
}
