import { toError } from '../base/deferred.ts';
import { PublishError } from '../base/errors.ts';
import type { Publication, PublishReceipt } from './broker.ts';

/** How long a publication is tried again, in multiples of the time that the broker may take to answer. */
const PATIENCE = 2;

/** How often it is looked whether the broker is back, in milliseconds. */
const RETRY_INTERVAL = 25;

/** What {@link publishAgain} needs of a link. */
export interface Attempts {
  /** The name of the broker. */
  readonly broker: string;
  /** How long the broker may take to answer, in milliseconds. */
  readonly timeout: number;
  readonly isUp: () => boolean;
  readonly isClosed: () => boolean;
  readonly attempt: (publication: Publication) => Promise<PublishReceipt>;
  /** Whether an error is an answer of the broker, which has not got the message then. */
  readonly isAnswer: (error: unknown) => boolean;
}

/**
 * Publishes, and where nobody knows whether the broker has the message, again: it has it once for all that, since it knows the message by its id or its key.
 *
 * @throws {PublishError} the broker has it not, or nobody knows whether it has
 */
export async function publishAgain(publication: Publication, attempts: Attempts): Promise<PublishReceipt> {
  const { broker, timeout, isUp, attempt, isAnswer } = attempts;
  const { topic } = publication;
  const deadline = performance.now() + PATIENCE * timeout;
  const isRepeatable = publication.history !== undefined || publication.idempotencyKey !== undefined;
  let outcome: PublishError['outcome'] = 'refused';
  for (;;) {
    const wasUp = isUp();
    try {
      return await attempt(publication);
    } catch (error) {
      const fail = (what: PublishError['outcome']): PublishError =>
        new PublishError(toError(error).message, { topic, broker, outcome: what, cause: error });
      // An earlier attempt may have succeeded, though this one was refused.
      if (isAnswer(error)) throw fail(outcome);
      if (wasUp) outcome = 'unknown';
      if (!isRepeatable || !(await isBackBefore(deadline, attempts))) throw fail(outcome);
    }
  }
}

/** Waits until the broker can be used again, but not for ever. */
async function isBackBefore(deadline: number, { isUp, isClosed }: Attempts): Promise<boolean> {
  do {
    if (isClosed() || performance.now() > deadline) return false;
    await sleep(RETRY_INTERVAL);
  } while (!isUp());
  return performance.now() <= deadline;
}

function sleep(time: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, time);
  });
}
