import type { KnownNames } from '../protocol/base/checks.ts';
import type { MessageKind } from './sending/sendable.ts';

/** How `send` sends. */
export interface SendOptions {
  /**
   * Whether the message is text or binary.
   *
   * @defaultValue that of what is sent, or of its first piece: strings are text, bytes are binary
   */
  readonly type?: MessageKind | undefined;
  /**
   * Whether the message is compressed, where the peer has agreed to it (option `compression`). Secrets should not be.
   *
   * @defaultValue whole messages from `threshold` on, and all that come in pieces
   */
  readonly compress?: boolean | undefined;
  /**
   * Ends the waiting. A message whose turn has not come is withdrawn; one of which a part was sent fails the connection (1011); one that was sent
   * goes its way.
   */
  readonly signal?: AbortSignal | undefined;
}

/** What {@link SendOptions} are called. */
export const SEND_OPTION_NAMES: KnownNames<keyof SendOptions> = { type: true, signal: true, compress: true };

/** How `beginMessage` begins a message. */
export interface BeginOptions {
  /**
   * Whether the message is compressed, where the peer has agreed to it. Its frames cannot be begun with a length then.
   *
   * @defaultValue false
   */
  readonly compress?: boolean | undefined;
  /** Withdraws the message before its turn has come, and aborts it after that. */
  readonly signal?: AbortSignal | undefined;
}

/** What {@link BeginOptions} are called. */
export const BEGIN_OPTION_NAMES: KnownNames<keyof BeginOptions> = { compress: true, signal: true };

/** How a call waits. */
export interface WaitOptions {
  /** Ends the waiting, which fails with its reason. */
  readonly signal?: AbortSignal | undefined;
}
