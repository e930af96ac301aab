/** A class that stands for an interface of the web platform. */
interface InterfaceObject {
  readonly prototype: object;
}

/**
 * Gives a class the shape of a Web IDL interface: its members can be enumerated, it has its name and its constants.
 *
 * @param name - what the interface is called; the name of the class does not survive minification
 * @param constants - its constants, which are members of the class and of its prototype
 *
 * @see Web IDL §3.7
 */
export function shapeInterface(
  type: InterfaceObject,
  name: string,
  constants: Readonly<Record<string, number>> = {},
): void {
  const { prototype } = type;
  for (const member of Object.getOwnPropertyNames(prototype)) {
    if (member !== 'constructor') Object.defineProperty(prototype, member, { enumerable: true });
  }
  Object.defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true });
  for (const [constant, value] of Object.entries(constants)) {
    for (const owner of [type, prototype]) Object.defineProperty(owner, constant, { value, enumerable: true });
  }
}
