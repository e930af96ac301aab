/**
 * Everything that the protocol uses of its host. Sockets, timers, `Buffer` and `crypto` are not here and so cannot be
 * named: what else the protocol needs, the driver hands in (see `ConnectionHost`).
 */

declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
  encodeInto(text: string, target: Uint8Array): { read: number; written: number };
}

declare class TextDecoder {
  constructor(label: 'utf-8', options: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes: Uint8Array): string;
}

interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

declare class AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}

declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>);
  }
  class Instance {
    constructor(module: Module);
    // The exports of the one module that we instantiate: `mask-kernel.wat`.
    readonly exports: {
      readonly memory: { readonly buffer: ArrayBuffer };
      readonly mask: (address: number, length: number, key: number) => void;
    };
  }
}

/** As much of it as the protocol hands on. */
interface AbortSignal {
  readonly aborted: boolean;
}

/** As much of it as the protocol uses. */
declare class URL {
  constructor(url: string);
  static canParse(url: string): boolean;
  readonly href: string;
}
