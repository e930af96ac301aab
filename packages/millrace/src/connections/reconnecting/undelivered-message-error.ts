import { MillraceError, brand } from '../../protocol/base/errors.ts';

/** What became of a message that was not delivered for sure. */
export type MessageFate = 'not sent' | 'perhaps sent';

/** A message that was given to a client that connects again has not been delivered, as far as is known. {@link fate} says how far it came. */
export class UndeliveredMessageError extends MillraceError {
  static {
    brand(this, 'UndeliveredMessageError');
  }

  override readonly code = 'MILLRACE_UNDELIVERED_MESSAGE';
  /**
   * - `'not sent'`: no byte of it has left; to send it again cannot make it arrive twice
   * - `'perhaps sent'`: a connection had taken it, and has ended; it may have arrived or not
   */
  readonly fate: MessageFate;

  constructor(fate: MessageFate, why: string, options?: ErrorOptions) {
    super(`the message was ${fate}: ${why}`, options);
    this.fate = fate;
  }
}
