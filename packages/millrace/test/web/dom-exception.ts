/** Makes a check, for `assert.throws` and `assert.rejects`, that an error is a `DOMException` of this name. */
export function isDOMException(name: string): (error: unknown) => boolean {
  return (error) => error instanceof DOMException && error.name === name;
}
