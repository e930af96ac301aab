/** Up to this size, V8 makes a buffer only when it is asked for, which costs more than all else that is done for a small message. In bytes. */
const LARGEST_WITHOUT_BUFFER = 64;

/**
 * Takes bytes as an application gets them: in a buffer of their own process alone, which every interface of the platform takes. All but those that an extension
 * of an application gives in shared memory are that already; these are copied.
 */
export function toOwnBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return isOwn(bytes) ? bytes : new Uint8Array(bytes);
}

function isOwn(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  // What is that small has always been copied before.
  return bytes.length <= LARGEST_WITHOUT_BUFFER || bytes.buffer instanceof ArrayBuffer;
}
