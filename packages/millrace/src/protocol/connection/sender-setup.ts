import type { Scheduler } from '../send/scheduler.ts';
import type { SendQueue } from '../send/send-queue.ts';
import type { ClosingHandshake } from './closing-handshake.ts';
import type { ConnectionHost, ConnectionOwner } from './host.ts';
import type { ResolvedConnectionOptions } from './options.ts';

/** Whose sending half a {@link MessageSender} is. */
export interface SenderOwner {
  /** Fails the connection. */
  fail(error: Error): void;
  /** Tells the handler something, and fails the connection if it throws. */
  tell(news: (handler: ConnectionOwner) => void): void;
}

/** What a {@link MessageSender} is made of. */
export interface MessageSenderSetup {
  readonly role: 'client' | 'server';
  readonly scheduler: Scheduler;
  readonly queue: SendQueue;
  readonly closing: ClosingHandshake;
  readonly options: Pick<ResolvedConnectionOptions, 'claims' | 'highWaterMark' | 'maxBufferedAmount' | 'fragmentSize'>;
  readonly host: Pick<ConnectionHost, 'requestUpdate' | 'transportBufferedAmount' | 'copiesOutput'>;
  readonly owner: SenderOwner;
}
