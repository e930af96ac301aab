import type { TextCodec } from '../wire/text-codec.ts';
import type { MaskingKeys } from './frame-encoder.ts';

/** What a scheduler asks of whoever writes its output. */
export interface SchedulerHost extends MaskingKeys {
  readonly text: TextCodec;
  /** Bytes that the transport has not written yet; while there are any, control frames should overtake. */
  transportBufferedAmount(): number;
}

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
  readonly host: SchedulerHost;
  /** Longest frame, in bytes, that a message of known length is cut into. */
  readonly fragmentSize: number;
  readonly listener: SchedulerListener;
}
