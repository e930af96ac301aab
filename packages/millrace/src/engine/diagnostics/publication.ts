import type { CallContext } from '../../transport/driver-setup.ts';
import type { DiagnosticsChannel } from './channels.ts';

/** A message that is to be published. */
interface Publication {
  /** Where its subscribers run. */
  readonly context: CallContext;
  publish(): void;
}

let waiting: Publication[] = [];
let isPublishing = false;

/**
 * Publishes a message when the code that runs now has returned, in the order in which that was asked for, in the async context of the connection that it is
 * about. So subscribers may call whatever they like: the connection is not in the midst of something.
 */
export function publishSoon<Message extends object>(
  context: CallContext,
  channel: DiagnosticsChannel<Message>,
  message: Message,
): void {
  waiting.push({ context, publish: () => channel.publish(message) });
  if (waiting.length > 1) return;
  // What subscribers bring about is published in a turn of its own, or they could keep the event loop busy for good.
  if (isPublishing) setImmediate(publishWaiting);
  else process.nextTick(publishWaiting);
}

/** Publishes what waits, now. */
export function publishWaiting(): void {
  const due = waiting;
  waiting = [];
  isPublishing = true;
  for (const publication of due) publication.context.run(publish, publication);
  isPublishing = false;
}

function publish(publication: Publication): void {
  publication.publish();
}
