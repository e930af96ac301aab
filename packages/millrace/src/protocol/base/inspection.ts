/** Where `util.inspect` of Node, and with it `console.log`, looks for what an object says of itself. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** `util.inspect` itself. */
type Inspect = (value: unknown, options: object) => string;

/**
 * Has `util.inspect` show facts of the instances of a class, behind the name of their class, which may be one of an application.
 *
 * @param facts - what one wants to know of an instance: no payload, and no secret of a URL
 */
export function showFacts<Shown extends object>(
  type: { readonly prototype: Shown },
  facts: (shown: Shown) => object,
): void {
  Object.defineProperty(type.prototype, INSPECT, {
    configurable: true,
    writable: true,
    value(this: Shown, depth: number | null, options: object, inspect: Inspect): string {
      const name = this.constructor.name;
      const shown = depth === null || depth >= 0 ? factsOf(this, facts) : undefined;
      return shown === undefined ? `[${name}]` : `${name} ${inspect(shown, { ...options, depth })}`;
    },
  });
}

/** What is made of the prototype alone has none of the facts. */
function factsOf<Shown>(shown: Shown, facts: (shown: Shown) => object): object | undefined {
  try {
    return facts(shown);
  } catch {
    return undefined;
  }
}
