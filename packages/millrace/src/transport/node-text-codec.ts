import { isUtf8 } from 'node:buffer';

import { portableTextCodec, type TextCodec } from '../protocol/wire/text-codec.ts';

/** The portable codec, with Node's own check of UTF-8, which takes 40 ns where a loop over 64 bytes takes 100. */
export const nodeTextCodec: TextCodec = { ...portableTextCodec, isUtf8: (bytes) => isUtf8(bytes) };
