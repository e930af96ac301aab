import { isAscii, isUtf8 } from 'node:buffer';

import { portableTextCodec, type TextCodec } from '../protocol/wire/text-codec.ts';
import { createWidener, type Widener } from './text/utf8-widener.ts';

/** Below this many bytes the decoder of the host is as fast, whatever it decodes. */
const SHORT = 48;

/**
 * The portable codec, with Node's own check of UTF-8, which takes 40 ns where a loop over 64 bytes takes 100; and text that is not ASCII decoded by a kernel,
 * where Node does not decode it fast itself.
 */
export const nodeTextCodec: TextCodec = {
  ...portableTextCodec,
  isUtf8: (bytes) => isUtf8(bytes),
  decode: (bytes) => {
    if (bytes.length < SHORT || isAscii(bytes)) return portableTextCodec.decode(bytes);
    return decodeWide(bytes) ?? portableTextCodec.decode(bytes);
  },
};

let widener: Widener | undefined;
let isMade = false;

function decodeWide(bytes: Uint8Array): string | undefined {
  if (!isMade) {
    isMade = true;
    widener = isHostSlow() ? createWidener() : undefined;
  }
  return widener?.(bytes);
}

/** Whether `TextDecoder` decodes byte by byte, as it does in Node up to 22. */
function isHostSlow(): boolean {
  const { bun, deno, node } = process.versions;
  return bun === undefined && deno === undefined && Number.parseInt(node, 10) < 24;
}
