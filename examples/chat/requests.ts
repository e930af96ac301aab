/** Somebody joins a room. */
export interface Join {
  readonly type: 'join';
  readonly room: string;
  readonly user: string;
  /** The position of the last message that the client has; `undefined` when it has none. */
  readonly since?: string | undefined;
}

/** Somebody says something in the room that they have joined. */
export interface Say {
  readonly type: 'say';
  readonly text: string;
}

/** What may be part of a name. */
const NAME = /^[\p{L}\p{N} _-]{1,32}$/u;

/** The longest thing that may be said, in characters. */
const MAX_TEXT = 2000;

/** Reads what a client wants; `undefined` for what makes no sense. */
export function readRequest(message: string | undefined): Join | Say | undefined {
  const request: unknown = message === undefined ? undefined : JSON.parse(message);
  if (typeof request !== 'object' || request === null) return undefined;
  const { room, user, since, text }: Partial<Record<string, unknown>> = { ...request };
  if (typeof text === 'string' && text !== '' && text.length <= MAX_TEXT) return { type: 'say', text };
  if (typeof room !== 'string' || typeof user !== 'string' || !NAME.test(room) || !NAME.test(user)) return undefined;
  return { type: 'join', room, user, since: typeof since === 'string' ? since : undefined };
}

/** The topic of a room. */
export function roomOf({ room }: Join): string {
  return `rooms/${room}`;
}
