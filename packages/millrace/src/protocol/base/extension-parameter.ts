/** A parameter of an extension, as it stands in the header. */
export interface ExtensionParameter {
  readonly name: string;
  /** Its value, unquoted, or `undefined` for a parameter without one. */
  readonly value: string | undefined;
}
