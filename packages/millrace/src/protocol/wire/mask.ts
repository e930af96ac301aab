import { MASK_KERNEL } from './mask-kernel.generated.ts';

/** Below this many bytes the copies into the kernel's memory and out of it cost more than a plain loop. */
const SHORT = 48;

/** Size in bytes of the scratch space at the start of the kernel's memory. */
const SCRATCH_SIZE = 64 * 1024;

/** The WebAssembly kernel with views on its memory, or `undefined` where WebAssembly or its SIMD is missing. */
const kernel = instantiateKernel();

/**
 * 1 MiB of the kernel's memory for reading sockets into, or `undefined` where there is no kernel.
 *
 * Bytes that lie here are unmasked in place: see `receiveAddress`. Whoever reads into it shares it with all
 * others in the process, so it may hold bytes only until the call that brought them returns.
 */
export const RECEIVE_BUFFER: Uint8Array<ArrayBuffer> | undefined = kernel?.receiveBuffer;

/**
 * Masks or unmasks `bytes` in place.
 *
 * @param bytes - any part of a payload
 * @param key - the masking key, as a signed 32-bit number in network byte order
 * @param position - where in the payload of its frame the first byte of `bytes` stands; only its last two bits count
 *
 * @see RFC 6455 §5.3
 */
export function applyMask(bytes: Uint8Array, key: number, position: number): void {
  maskInto(bytes, bytes, key, position);
}

/**
 * Writes a masked copy of `source` to the start of `target`, which may be `source` itself.
 *
 * Parameters are those of {@link applyMask}.
 */
export function maskInto(source: Uint8Array, target: Uint8Array, key: number, position: number): void {
  const rotated = rotateKey(key, position);
  if (kernel === undefined || source.length < SHORT) {
    maskByLoop(source, target, rotated);
    return;
  }
  const { scratch, mask } = kernel;
  const inMemory = swapBytes(rotated);
  for (let start = 0; start < source.length; start += SCRATCH_SIZE) {
    const block = source.subarray(start, start + SCRATCH_SIZE);
    scratch.set(block);
    mask(0, block.length, inMemory);
    target.set(block.length === SCRATCH_SIZE ? scratch : scratch.subarray(0, block.length), start);
  }
}

/**
 * Says at which address of the kernel's memory `chunk` begins, or `undefined` if it lies elsewhere.
 *
 * Ask once for each chunk: finding out costs as much as masking a short payload.
 */
export function receiveAddress(chunk: Uint8Array): number | undefined {
  return kernel !== undefined && chunk.buffer === kernel.receiveBuffer.buffer ? chunk.byteOffset : undefined;
}

/**
 * Masks or unmasks bytes that lie in the kernel's memory, where they are.
 *
 * @param address - of the first byte, from {@link receiveAddress}
 * @param length - in bytes
 * @param key - as for {@link applyMask}, but already rotated: see {@link rotateKey}
 */
export function maskAtAddress(address: number, length: number, key: number): void {
  kernel?.mask(address, length, swapBytes(key));
}

/** Turns the key so that its first byte belongs to the byte at `position` of the payload. */
export function rotateKey(key: number, position: number): number {
  const bits = (position & 3) << 3;
  return bits === 0 ? key : (key << bits) | (key >>> (32 - bits));
}

function maskByLoop(source: Uint8Array, target: Uint8Array, key: number): void {
  for (let index = 0; index < source.length; index++) {
    target[index] = source[index]! ^ (key >>> (24 - ((index & 3) << 3)));
  }
}

/** Network byte order to the order of WebAssembly's memory, which is little-endian everywhere. */
function swapBytes(key: number): number {
  return (key << 24) | ((key & 0xff00) << 8) | ((key >>> 8) & 0xff00) | (key >>> 24);
}

interface Kernel {
  readonly scratch: Uint8Array<ArrayBuffer>;
  readonly receiveBuffer: Uint8Array<ArrayBuffer>;
  readonly mask: (address: number, length: number, key: number) => void;
}

function instantiateKernel(): Kernel | undefined {
  try {
    const { memory, mask } = new WebAssembly.Instance(new WebAssembly.Module(MASK_KERNEL)).exports;
    const scratch = new Uint8Array(memory.buffer, 0, SCRATCH_SIZE);
    return { scratch, receiveBuffer: new Uint8Array(memory.buffer, SCRATCH_SIZE), mask };
  } catch {
    // No WebAssembly, none with SIMD, or a policy against it: the plain loop does all the work.
    return undefined;
  }
}
