/**
 * In bytes: just below 32 MiB, up to which glibc adapts. What piles up between two collections is some 40 MiB, and twice the block is kept. None
 * of it is touched.
 */
const BLOCK = 31 * 1024 * 1024;

/**
 * Has the C library keep memory that was freed, where it is glibc: the buffers that payload is copied into come and go by the garbage collection,
 * and would go back to the operating system each time, to be mapped in anew, page by page.
 *
 * The limits that decide about it adapt to the largest block that was ever mapped and freed (mallopt(3), M_MMAP_THRESHOLD); this is one. Up to twice
 * its size may stay with the process. Elsewhere nothing happens.
 *
 * @returns the size of the block, in bytes
 */
export function keepFreedMemory(): number {
  return new ArrayBuffer(BLOCK).byteLength;
}
