import { MessageChannel } from 'node:worker_threads';

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
 * The block is given away and dropped, so that it does not wait for the garbage collection: as long as it does, V8 counts it as memory in use, and collects the
 * whole heap much sooner, which it then goes on to do. See docs/decisions.md.
 *
 * @returns the size of the block, in bytes
 */
export function keepFreedMemory(): number {
  const block = new ArrayBuffer(BLOCK);
  const { byteLength } = block;
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(block, [block]);
  port1.close();
  port2.close();
  return byteLength;
}
