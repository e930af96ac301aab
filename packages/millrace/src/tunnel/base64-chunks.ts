import { CloseCode } from '../protocol/base/close-code.ts';
import { RemoteProtocolError } from '../protocol/base/errors.ts';

/** Characters that stand for whole bytes. */
const GROUP = 4;

/**
 * Decodes base64 (RFC 4648 §4) as it comes, cut anywhere.
 *
 * @throws {RemoteProtocolError} it is none; with close code 1007
 */
export async function* decodeBase64(pieces: AsyncIterable<string>): AsyncGenerator<Uint8Array, void, undefined> {
  let rest = '';
  for await (const piece of pieces) {
    const text = rest + piece;
    const size = text.length - (text.length % GROUP);
    rest = text.slice(size);
    if (size > 0) yield decode(text.slice(0, size));
  }
  if (rest !== '') yield decode(rest);
}

function decode(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  // What does not belong there is skipped by Node.
  const size = text.replace(/={0,2}$/, '').length;
  const isWhole = size % GROUP !== 1;
  if (isWhole && bytes.length === Math.floor((size * 3) / GROUP)) return bytes;
  throw new RemoteProtocolError('a message is not base64', 'RFC 4648 §4', CloseCode.INVALID_FRAME_PAYLOAD_DATA);
}
