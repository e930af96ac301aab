import { crc32 } from 'node:zlib';

import { InvalidPayloadError } from 'millrace';
import type { AgreedExtension, Extension, MessageTransform, PulledPiece, SendTransform } from 'millrace';

const RSV2 = 0b010;

/** Marks messages with RSV2, and puts their CRC-32 behind them. It takes no parameters. */
export const checksum: Extension = {
  name: 'x-checksum',
  createOffers: () => [[]],
  answerOffer: (offer) => (offer.length === 0 ? AGREED : undefined),
  acceptAnswer(answer) {
    if (answer.length > 0) throw new Error('parameters were not offered');
    return AGREED;
  },
};

const AGREED: AgreedExtension = {
  parameters: [],
  claim: { firstFrameBits: RSV2 },
  createSession: () => ({ receive: new ChecksumCheck(), send: new ChecksumWriter() }),
};

/** Passes payload on as it comes, and its checksum behind it. */
class ChecksumWriter implements SendTransform {
  #sum = 0;
  readonly #output: Uint8Array[] = [];

  begin(): number {
    this.#sum = 0;
    return RSV2;
  }

  push(chunk: Uint8Array): void {
    this.#sum = crc32(chunk, this.#sum);
    this.#output.push(chunk);
  }

  flush(): void {
    // Nothing is kept back.
  }

  end(): void {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, this.#sum);
    this.#output.push(bytes);
  }

  pull(): PulledPiece {
    return takePiece(this.#output);
  }
}

/** Keeps the last four bytes back, in case that the message ends with them. */
class ChecksumCheck implements MessageTransform {
  #sum = 0;
  #last = new Uint8Array(0);
  readonly #output: Uint8Array[] = [];

  begin({ reservedBits }: { readonly reservedBits: number }): boolean {
    this.#sum = 0;
    this.#last = new Uint8Array(0);
    return (reservedBits & RSV2) !== 0;
  }

  push(chunk: Uint8Array): void {
    const bytes = new Uint8Array([...this.#last, ...chunk]);
    const end = Math.max(0, bytes.length - 4);
    this.#last = bytes.slice(end);
    if (end === 0) return;
    this.#sum = crc32(bytes.subarray(0, end), this.#sum);
    this.#output.push(bytes.slice(0, end));
  }

  end(): void {
    const isRight = this.#last.length === 4 && new DataView(this.#last.buffer).getUint32(0) === this.#sum;
    // A RemoteProtocolError fails the connection with its close code: here 1007.
    if (!isRight) throw new InvalidPayloadError('the checksum of a message is wrong', 'x-checksum');
  }

  pull(): PulledPiece {
    return takePiece(this.#output);
  }
}

/** A piece is at most 64 KiB. */
function takePiece(output: Uint8Array[]): PulledPiece {
  const [first] = output;
  if (first === undefined) return undefined;
  if (first.length <= 65_536) return output.shift();
  output[0] = first.subarray(65_536);
  return first.subarray(0, 65_536);
}
