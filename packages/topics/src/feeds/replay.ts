import type { HistoryPolicy, Place } from '../broker/broker.ts';
import { checkPlace, parsePosition } from '../broker/position.ts';
import type { Delivery } from './delivery.ts';
import type { FeedHost } from './feed.ts';
import type { DeliveryPage, PageReader } from './page-reader.ts';
import type { Subscription } from './subscription.ts';

/** A topic, for those who catch up. */
export interface ReplaySource {
  readonly topic: string;
  readonly history: HistoryPolicy;
  readonly host: Pick<FeedHost, 'maxRecovery' | 'fanOut' | 'link'>;
  readonly pages: PageReader;
  /** How often the topic was attached. */
  readonly attachments: number;
  /** Where the topic stands in this process; `undefined` while that is not known. */
  readonly current: Place | undefined;
  goLive(subscription: Subscription, recovered: boolean): void;
  /** Has this process read what it has not seen, while the subscription waits. */
  catchUp(subscription: Subscription): void;
  waitAgain(subscription: Subscription): void;
  tailBehind(place: Place): Delivery[] | undefined;
}

/** What became of a part of it: it was sent, or the rest is not there any more. */
type Step = 'more' | 'lost';

/**
 * Sends a subscription what it has missed, no faster than its subscriber reads, and has it go live where that ends. It never rejects.
 */
export async function replay(source: ReplaySource, subscription: Subscription): Promise<void> {
  const { attachments } = source;
  try {
    let step: Step = 'more';
    while (!subscription.hasEnded) {
      const { current } = source;
      // Nothing may come between the look and the going live.
      if (current === undefined) source.waitAgain(subscription);
      else if (step === 'lost') source.goLive(subscription, false);
      else if (isAt(subscription.cursor, current)) source.goLive(subscription, subscription.isRecovering);
      else if (isAhead(subscription, source, current)) source.catchUp(subscription);
      else {
        step = await (subscription.cursor === undefined ? begin(source, subscription) : sendNext(source, subscription));
        continue;
      }
      return;
    }
  } catch {
    // The broker is away: it goes on when that is back. Or the subscriber has ended, and so will the subscription.
    if (source.current === undefined || source.attachments !== attachments) source.waitAgain(subscription);
    else setTimeout(() => source.waitAgain(subscription), RETRY_AFTER).unref();
  }
}

function isAt(cursor: Place | undefined, { epoch, offset, id }: Place): boolean {
  return cursor?.epoch === epoch && cursor.offset === offset && cursor.id === id;
}

/**
 * Whether it was sent more than this process knows of, as the broker had it when it was read. Where that does not change by looking again, it is to be read
 * again: the broker may have lost it.
 */
function isAhead(subscription: Subscription, { attachments }: ReplaySource, { epoch, offset }: Place): boolean {
  const { cursor, checkedIn } = subscription;
  if (cursor?.epoch !== epoch || cursor.offset <= offset || checkedIn !== attachments) return false;
  subscription.checkedIn = 0;
  return true;
}

/** How long it takes until it is tried again, in milliseconds, where the broker is there but does not answer. */
const RETRY_AFTER = 1000;

/** After so many messages, the time is looked at. */
const SENT_BETWEEN = 16;

/** Finds out where to begin. */
async function begin(source: ReplaySource, subscription: Subscription): Promise<Step> {
  const { since, last } = subscription.setup;
  if (since === undefined) return sendLast(source, subscription, last);
  const step = await beginSince(source, subscription, parsePosition(since));
  // Whoever cannot have all may want the newest.
  if (step !== 'lost' || last === 0 || subscription.recoveredMessages > 0) return step;
  subscription.isRecovering = false;
  return sendLast(source, subscription, last);
}

async function beginSince(source: ReplaySource, subscription: Subscription, place: Place | undefined): Promise<Step> {
  const { current, attachments } = source;
  if (place === undefined || current?.epoch !== place.epoch) return 'lost';
  if (isAt(place, current)) {
    subscription.cursor = place;
    return 'more';
  }
  const page = await source.pages.behind(source.topic, place, source.history);
  if (checkPlace(place, evidenceIn(page, place)) === 'lost') return 'lost';
  if (countBehind(source, place, page) > source.host.maxRecovery) return 'lost';
  subscription.cursor = place;
  subscription.checkedIn = attachments;
  return send(source, subscription, page.deliveries);
}

/** How many messages are behind a place; where offsets do not tell, they are counted while they are sent. */
function countBehind({ host }: ReplaySource, { offset }: Place, { top }: DeliveryPage): number {
  return host.link.hasSparseOffsets === true ? 0 : top.offset - offset;
}

async function sendLast(source: ReplaySource, subscription: Subscription, last: number): Promise<Step> {
  const top = source.current;
  if (top === undefined) return 'more';
  const start = { ...top, offset: Math.max(top.offset - last, 0) };
  const isSparse = source.host.link.hasSparseOffsets === true;
  const { deliveries } = isSparse
    ? await source.pages.newest(source, last, top)
    : await source.pages.behind(source.topic, start, source.history);
  const wanted = deliveries.filter(({ message }) => isSparse || (message.place?.offset ?? 0) > start.offset);
  if (wanted.length > 0) return send(source, subscription, wanted);
  subscription.cursor = top;
  return 'more';
}

/** Sends the next part. */
async function sendNext(source: ReplaySource, subscription: Subscription): Promise<Step> {
  const { cursor } = subscription;
  const { current, attachments } = source;
  if (cursor === undefined || current?.epoch !== cursor.epoch) return 'lost';
  // What it was sent before the broker was away may be there no more.
  const tail = subscription.checkedIn === attachments ? source.tailBehind(cursor) : undefined;
  if (tail !== undefined) return send(source, subscription, tail);
  if (subscription.recoveredMessages > source.host.maxRecovery) return 'lost';
  const page = await source.pages.behind(source.topic, cursor, source.history);
  if (checkPlace(cursor, evidenceIn(page, cursor)) === 'lost') return 'lost';
  subscription.checkedIn = attachments;
  await send(source, subscription, page.deliveries);
  // The broker has less than has been seen here.
  return subscription.cursor === cursor && !subscription.hasEnded ? 'lost' : 'more';
}

/** Sends those behind its cursor, and waits where its subscriber is slow. */
async function send(source: ReplaySource, subscription: Subscription, deliveries: readonly Delivery[]): Promise<Step> {
  const { subscriber } = subscription.setup;
  let sent = 0;
  for (const delivery of deliveries) {
    const { place } = delivery.message;
    if (place === undefined || (subscription.cursor !== undefined && place.offset <= subscription.cursor.offset))
      continue;
    if (sent++ % SENT_BETWEEN === 0) await source.host.fanOut.turn();
    if (subscriber.isSlow) await subscriber.drained();
    if (subscription.hasEnded) return 'more';
    subscription.cursor = place;
    subscription.recoveredMessages++;
    subscription.hand(delivery);
  }
  return 'more';
}

function evidenceIn({ top, deliveries }: DeliveryPage, { offset }: Place): Parameters<typeof checkPlace>[1] {
  const places = deliveries.flatMap(({ message }) => (message.place === undefined ? [] : [message.place]));
  return { top, idThere: places.find((place) => place.offset === offset)?.id, lowest: places[0]?.offset };
}
