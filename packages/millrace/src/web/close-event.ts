import { requireArgument } from './idl/arguments.ts';
import { memberOf, toUSVString, toUnsignedShort } from './idl/conversions.ts';
import { shapeInterface } from './idl/interface-shape.ts';

type EventOptions = NonNullable<ConstructorParameters<typeof Event>[1]>;

/** What a {@link CloseEvent} is made of; without a member, it is `false`, 0 or empty. */
export interface CloseEventInit extends EventOptions {
  readonly wasClean?: boolean | undefined;
  readonly code?: number | undefined;
  readonly reason?: string | undefined;
}

interface CloseFacts {
  readonly wasClean: boolean;
  readonly code: number;
  readonly reason: string;
}

/** Beside the events: a private member would make their type fit nowhere else, where a listener of a browser's `WebSocket` is written to. */
const FACTS = new WeakMap<CloseEvent, CloseFacts>();

/**
 * The event with which a {@link WebSocket} tells that its connection is over.
 *
 * @see WHATWG WebSockets §6
 */
export class CloseEvent extends Event {
  static {
    shapeInterface(this, 'CloseEvent');
  }

  /** @throws {TypeError} there is no type, or `init` is no object */
  constructor(type: string, init: CloseEventInit = {}) {
    requireArgument(arguments.length, 'CloseEvent');
    super(type, init);
    const [wasClean, code, reason] = [memberOf(init, 'wasClean'), memberOf(init, 'code'), memberOf(init, 'reason')];
    FACTS.set(this, {
      wasClean: Boolean(wasClean),
      code: code === undefined ? 0 : toUnsignedShort(code),
      reason: reason === undefined ? '' : toUSVString(reason),
    });
  }

  /** Whether both sides said that they close, before the transport ended. */
  get wasClean(): boolean {
    return factsOf(this).wasClean;
  }

  /** The code that the server sent; 1005 if it sent none, 1006 if no Close frame came. */
  get code(): number {
    return factsOf(this).code;
  }

  /** The reason that the server sent; empty if it sent none. */
  get reason(): string {
    return factsOf(this).reason;
  }
}

function factsOf(event: CloseEvent): CloseFacts {
  const facts = FACTS.get(event);
  if (facts === undefined) throw new TypeError('this is no CloseEvent');
  return facts;
}
