import type { FrameObserver } from '../wire/frame-observer.ts';
import type { FrameEncoderHost } from './frame-encoder.ts';

/** Learns how far a scheduler is. */
export interface SchedulerListener {
  /** A message has ended: the next one can begin. */
  onMessageSent(): void;
  /** The Close frame is on its way; nothing can follow it. */
  onCloseSent(): void;
}

/** What a scheduler works with. */
export interface SchedulerSetup {
  /** A client masks what it sends (RFC 6455 §5.1). */
  readonly role: 'client' | 'server';
  readonly host: FrameEncoderHost;
  /** Longest frame, in bytes, that a message of known length is cut into. */
  readonly fragmentSize: number;
  readonly listener: SchedulerListener;
  readonly observer?: FrameObserver | undefined;
}
