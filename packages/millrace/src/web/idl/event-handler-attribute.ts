/** A listener as an event handler attribute has it: `onopen`, … It does not say what it is called on, or it would not fit where the platform's own is wanted. */
export type EventHandler<Fired extends Event> = (event: Fired) => unknown;

interface Listening<Fired extends Event> {
  addEventListener(type: string, listener: (event: Fired) => void): void;
  removeEventListener(type: string, listener: (event: Fired) => void): void;
}

/**
 * One event handler attribute. A handler that replaces another takes its place among the listeners; one that comes after `null` is the last.
 *
 * @see WHATWG HTML §8.1.8.1 (Event handlers)
 */
export class EventHandlerAttribute<Target extends Listening<Fired>, Fired extends Event> {
  readonly #target: Target;
  readonly #type: string;
  #handler: EventHandler<Fired> | null = null;

  /** @param type - of the events that are handled */
  constructor(target: Target, type: string) {
    this.#target = target;
    this.#type = type;
  }

  /** The handler; `null` for none. */
  get value(): EventHandler<Fired> | null {
    return this.#handler;
  }

  /** An object that cannot be called is kept, and handles nothing: Web IDL §3.2.19, `[LegacyTreatNonObjectAsNull]`. Anything else is no handler. */
  set value(value: EventHandler<Fired> | null) {
    const before = this.#handler;
    this.#handler = isObject(value) ? value : null;
    if (before === null && this.#handler !== null) this.#target.addEventListener(this.#type, this.#listener);
    if (before !== null && this.#handler === null) this.#target.removeEventListener(this.#type, this.#listener);
  }

  readonly #listener = (event: Fired): void => {
    if (typeof this.#handler === 'function') this.#handler.call(this.#target, event);
  };
}

function isObject(value: unknown): boolean {
  return typeof value === 'function' || (typeof value === 'object' && value !== null);
}
