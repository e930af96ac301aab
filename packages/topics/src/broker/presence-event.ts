import type { PresenceChange } from './broker.ts';

/** Reads a presence event; `undefined` for what is none. */
export function decodePresence(message: Uint8Array): PresenceChange | undefined {
  try {
    const event: unknown = JSON.parse(Buffer.from(message).toString());
    if (typeof event !== 'object' || event === null) return undefined;
    const { topic, type, user, info }: Partial<Record<keyof PresenceChange, unknown>> = event;
    if (typeof topic !== 'string' || typeof user !== 'string' || (type !== 'join' && type !== 'leave'))
      return undefined;
    return { topic, type, user, info: typeof info === 'string' && info !== '' ? info : undefined };
  } catch {
    return undefined;
  }
}
