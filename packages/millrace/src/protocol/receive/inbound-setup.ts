import type { MessageTransform } from '../base/transform.ts';
import type { ReservedRules } from '../wire/header-rules.ts';
import type { FrameObserver } from '../wire/frame-observer.ts';
import type { TextCodec } from '../wire/text-codec.ts';
import type { ControlHandler, Receiver } from './handlers.ts';
import type { ReceiveLimits } from './pipeline.ts';
import type { ReceiveRate } from './rate-limiter.ts';
import type { TurnHost } from './turn.ts';

/** Whose receiving half an `Inbound` is. */
export interface InboundOwner extends ControlHandler {
  /** A rule was broken, or a handler threw. */
  onReceiveError(error: Error): void;
  /** Something was received, or handed out; it may be that nothing waits for the application any more. */
  onAdvanced(): void;
  /** Enough waits for the application: nothing more is read before it takes something. */
  onFull(): void;
}

/** Limits of receiving, in bytes; `Infinity` sets none. */
export interface InboundLimits extends ReceiveLimits {
  /** What may wait for an application that is busy, by its cost. */
  readonly readAhead: number;
  /** How fast the peer may send; `undefined` for no limit. */
  readonly receiveRate?: ReceiveRate | undefined;
}

/** What an `Inbound` is made of. */
export interface InboundSetup {
  readonly role: 'client' | 'server';
  readonly reserved: ReservedRules;
  readonly receiver: Receiver;
  readonly limits: InboundLimits;
  readonly transforms: readonly MessageTransform[];
  readonly host: TurnHost & { readonly text: TextCodec };
  readonly owner: InboundOwner;
  readonly observer?: FrameObserver | undefined;
}
