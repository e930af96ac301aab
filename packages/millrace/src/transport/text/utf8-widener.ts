import { Buffer } from 'node:buffer';

import { WIDEN_KERNEL } from './widen-kernel.generated.ts';

/** Longest input in bytes; the memory of the kernel has room for it. */
const MAX_INPUT = 256 * 1024;

/** Where the output begins in the memory of the kernel. */
const OUTPUT = MAX_INPUT + 64;

/** Decodes UTF-8 that is known to be valid; `undefined` for what is too long for it. */
export type Widener = (bytes: Uint8Array) => string | undefined;

/**
 * Makes a decoder of UTF-8 that widens it to UTF-16 by a WebAssembly kernel and makes a string of that. Before V8 13, whatever the host decodes by takes 3 µs for
 * a kilobyte of text that is not ASCII; this takes one.
 *
 * @returns `undefined` where WebAssembly or its SIMD is missing
 */
export function createWidener(): Widener | undefined {
  const kernel = instantiate();
  if (kernel === undefined) return undefined;
  const { buffer, widen } = kernel;
  const input = new Uint8Array(buffer);
  const output = Buffer.from(buffer);
  return (bytes) => {
    if (bytes.length > MAX_INPUT) return undefined;
    input.set(bytes);
    return output.toString('utf16le', OUTPUT, widen(0, bytes.length, OUTPUT));
  };
}

interface Kernel {
  readonly buffer: ArrayBuffer;
  readonly widen: (start: number, end: number, output: number) => number;
}

function instantiate(): Kernel | undefined {
  try {
    const { memory, widen } = new WebAssembly.Instance(new WebAssembly.Module(WIDEN_KERNEL)).exports;
    return { buffer: memory.buffer, widen };
  } catch {
    // No WebAssembly, none with SIMD, or a policy against it.
    return undefined;
  }
}
