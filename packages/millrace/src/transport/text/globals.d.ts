// What the widener uses of its host beyond Node's types.

declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>);
  }
  class Instance {
    constructor(module: Module);
    // The exports of the one module that we instantiate: `widen-kernel.wat`.
    readonly exports: {
      readonly memory: { readonly buffer: ArrayBuffer };
      readonly widen: (start: number, end: number, output: number) => number;
    };
  }
}
