import { LocalUsageError } from '../protocol/base/errors.ts';

/** Makes the error for what a browser cannot do. */
export function unavailable(name: string, why: string): LocalUsageError {
  return new LocalUsageError(`${name} is not available in a browser: ${why}`);
}

/** Makes a stand-in for a function that servers have: it throws when it is called. */
export function standIn(name: string): () => never {
  return () => {
    throw unavailable(name, 'it needs Node');
  };
}

/** What all of them extend. */
class MissingBase {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
    throw unavailable(name, 'it needs Node');
  }
}

/** Makes a stand-in for a class that servers have: it can be extended, and throws when an instance is made. */
export function standInClass(name: string): new () => object {
  return class extends MissingBase {
    constructor() {
      super(name);
    }
  };
}
