import type { EventEmitter } from 'node:events';

/** What a listener may be: a function, or an object with a method `handleEvent`. */
export type EventHandler = ((event: Event) => void) | { handleEvent(event: Event): void };

/** An event of a socket, in the shape of the DOM's. */
export class Event {
  readonly #type: string;
  #target: unknown = null;

  constructor(type: string) {
    this.#type = type;
  }

  /** Where it happens. */
  get target(): unknown {
    return this.#target;
  }

  /** What happens. */
  get type(): string {
    return this.#type;
  }

  /** Says where it happens. */
  static aim(event: Event, target: unknown): void {
    event.#target = target;
  }
}

/** A connection has ended. */
export class CloseEvent extends Event {
  readonly #init: { readonly code?: number; readonly reason?: string; readonly wasClean?: boolean };

  constructor(
    type: string,
    init: { readonly code?: number; readonly reason?: string; readonly wasClean?: boolean } = {},
  ) {
    super(type);
    this.#init = init;
  }

  /** The code of the peer's Close. */
  get code(): number {
    return this.#init.code ?? 0;
  }

  /** The reason in it. */
  get reason(): string {
    return this.#init.reason ?? '';
  }

  /** Whether both sides have sent Close. */
  get wasClean(): boolean {
    return this.#init.wasClean ?? false;
  }
}

/** Something has failed. */
export class ErrorEvent extends Event {
  readonly #init: { readonly error?: unknown; readonly message?: string };

  constructor(type: string, init: { readonly error?: unknown; readonly message?: string } = {}) {
    super(type);
    this.#init = init;
  }

  /** The error. */
  get error(): unknown {
    return this.#init.error ?? null;
  }

  /** What it says. */
  get message(): string {
    return this.#init.message ?? '';
  }
}

/** A message has come. */
export class MessageEvent extends Event {
  readonly #init: { readonly data?: unknown };

  constructor(type: string, init: { readonly data?: unknown } = {}) {
    super(type);
    this.#init = init;
  }

  /** The message. */
  get data(): unknown {
    return this.#init.data ?? null;
  }
}

for (const [eventClass, names] of [
  [Event, ['target', 'type']],
  [CloseEvent, ['code', 'reason', 'wasClean']],
  [ErrorEvent, ['error', 'message']],
  [MessageEvent, ['data']],
] as const) {
  for (const name of names) Object.defineProperty(eventClass.prototype, name, { enumerable: true });
}

/** What a listener of `EventEmitter` stands for. */
interface Registration {
  readonly handler: EventHandler;
  /** Whether it belongs to an attribute such as `onmessage`. */
  readonly isAttribute: boolean;
}

/** Under these, a function that was given to an emitter in place of a handler has its {@link Registration}. */
export const HANDLER: unique symbol = Symbol('handler');
/** Whether it belongs to an attribute. */
export const IS_ATTRIBUTE: unique symbol = Symbol('isAttribute');

/** Who emits: how its connection has ended is asked when it is told. */
interface Emitter extends EventEmitter {
  readonly _closeFrameReceived: boolean;
  readonly _closeFrameSent: boolean;
}

type Listener = (first?: unknown, second?: unknown) => void;

/** How the arguments of an event become an event object. */
const EVENT_MAKERS: Readonly<Record<string, (emitter: Emitter, first: unknown, second: unknown) => Event>> = {
  message: (_, data, isBinary) => new MessageEvent('message', { data: isBinary === true ? data : String(data) }),
  close: (emitter, code, reason) =>
    new CloseEvent('close', {
      code: typeof code === 'number' ? code : 0,
      reason: String(reason),
      wasClean: emitter._closeFrameReceived && emitter._closeFrameSent,
    }),
  error: (_, error) => new ErrorEvent('error', { error, message: error instanceof Error ? error.message : '' }),
  open: () => new Event('open'),
};

/** Adds a handler, if it is not there. Events that are none of the DOM's are ignored. */
export function addHandler(
  emitter: Emitter,
  type: string,
  handler: EventHandler,
  { once = false, isAttribute = false }: { readonly once?: boolean | undefined; readonly isAttribute?: boolean } = {},
): void {
  const make = Object.hasOwn(EVENT_MAKERS, type) ? EVENT_MAKERS[type] : undefined;
  if (make === undefined) return;
  if (!isAttribute && findHandler(emitter, type, (each) => each.handler === handler && !each.isAttribute)) return;
  const listener: Listener = (first, second) => {
    const event = make(emitter, first, second);
    Event.aim(event, emitter);
    if (typeof handler === 'function') handler.call(emitter, event);
    else handler.handleEvent(event);
  };
  Object.assign(listener, { [HANDLER]: handler, [IS_ATTRIBUTE]: isAttribute });
  if (once) emitter.once(type, listener);
  else emitter.on(type, listener);
}

/** Removes a handler that {@link addHandler} has added. */
export function removeHandler(emitter: Emitter, type: string, handler: EventHandler): void {
  const found = findHandler(emitter, type, (each) => each.handler === handler && !each.isAttribute);
  if (found !== undefined) emitter.removeListener(type, found.listener);
}

/** The handler of an attribute such as `onmessage`. */
export function attributeHandler(emitter: Emitter, type: string): EventHandler | null {
  return findHandler(emitter, type, ({ isAttribute }) => isAttribute)?.handler ?? null;
}

/** Sets the handler of an attribute such as `onmessage`; anything but a function takes it away. */
export function setAttributeHandler(emitter: Emitter, type: string, handler: unknown): void {
  const before = findHandler(emitter, type, ({ isAttribute }) => isAttribute);
  if (before !== undefined) emitter.removeListener(type, before.listener);
  if (isHandlerFunction(handler)) addHandler(emitter, type, handler, { isAttribute: true });
}

function isHandlerFunction(value: unknown): value is (event: Event) => void {
  return typeof value === 'function';
}

function findHandler(
  emitter: Emitter,
  type: string,
  matches: (registration: Registration) => boolean,
): { readonly handler: EventHandler; readonly listener: Listener } | undefined {
  for (const listener of emitter.listeners(type)) {
    if (!isRegistered(listener)) continue;
    const { [HANDLER]: handler, [IS_ATTRIBUTE]: isAttribute } = listener;
    if (matches({ handler, isAttribute })) return { handler, listener };
  }
  return undefined;
}

type RegisteredListener = Listener & { readonly [HANDLER]: EventHandler; readonly [IS_ATTRIBUTE]: boolean };

function isRegistered(value: object): value is RegisteredListener {
  return HANDLER in value;
}
