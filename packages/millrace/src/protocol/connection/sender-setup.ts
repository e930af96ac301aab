import { CloseCode } from '../base/close-code.ts';
import { LimitExceededError } from '../base/errors.ts';
import type { MessageOutput } from '../send/message-output.ts';
import type { Scheduler } from '../send/scheduler.ts';
import type { SendQueue } from '../send/send-queue.ts';
import type { ClosingHandshake } from './closing-handshake.ts';
import type { ConnectionHost, ConnectionOwner } from './host.ts';
import type { ResolvedConnectionOptions } from './options.ts';

/** Whose sending half a `MessageSender` is. */
export interface SenderOwner {
  /** Fails the connection. */
  fail(error: Error): void;
  /** Tells the handler something, and fails the connection if it throws. */
  tell(news: (handler: ConnectionOwner) => void): void;
}

/** What a `MessageSender` is made of. */
export interface MessageSenderSetup {
  readonly role: 'client' | 'server';
  readonly scheduler: Scheduler;
  /** Where messages go: to the scheduler, or through transforms before. */
  readonly messages: MessageOutput;
  readonly queue: SendQueue;
  readonly closing: ClosingHandshake;
  readonly options: Pick<ResolvedConnectionOptions, 'claims' | 'highWaterMark' | 'maxBufferedAmount' | 'fragmentSize'>;
  readonly host: Pick<ConnectionHost, 'requestUpdate' | 'transportBufferedAmount' | 'copiesOutput'>;
  readonly owner: SenderOwner;
}

/** Tells a handler that some output has left. */
export const tellProgress = (handler: ConnectionOwner): void => handler.onProgress();
/** Tells a handler that all output has left. */
export const tellDrain = (handler: ConnectionOwner): void => handler.onDrain();
/** Tells a handler that much is on its way. */
export const tellHighWater = (handler: ConnectionOwner): void => handler.onHighWater();

/** Makes the error for more than may wait. */
export function tooMuchBuffered(limit: number, size: number): LimitExceededError {
  const advice = 'the peer reads too slowly for what is sent to it';
  return new LimitExceededError({ option: 'maxBufferedAmount', limit, size, advice }, CloseCode.POLICY_VIOLATION);
}
