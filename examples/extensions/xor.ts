import type { AgreedExtension, Extension, MessageTransform, PulledPiece, SendTransform } from 'millrace';

const RSV3 = 0b001;

/** Turns some bits of each byte over: no secret, but it shows how a parameter is agreed on. The server chooses the key, `key=1` to `key=255`. */
export function createXor(preferred: number): Extension {
  return {
    name: 'x-xor',
    createOffers: () => [[]],
    answerOffer: () => agree(preferred),
    acceptAnswer(answer) {
      const key = Number(answer.find(({ name }) => name === 'key')?.value);
      if (!Number.isInteger(key) || key < 1 || key > 255) throw new Error('key is no number from 1 to 255');
      return agree(key);
    },
  };
}

function agree(key: number): AgreedExtension {
  return {
    parameters: [{ name: 'key', value: String(key) }],
    claim: { firstFrameBits: RSV3 },
    createSession: () => ({ receive: new XorReader(key), send: new XorWriter(key) }),
  };
}

/** What both directions do. Each chunk that is pushed is the transform's own, so that it can be changed in place. */
class Xor {
  readonly #key: number;
  readonly #output: Uint8Array[] = [];

  constructor(key: number) {
    this.#key = key;
  }

  push(chunk: Uint8Array): void {
    for (let index = 0; index < chunk.length; index++) chunk[index] = chunk[index]! ^ this.#key;
    for (let start = 0; start < chunk.length; start += 65_536) this.#output.push(chunk.subarray(start, start + 65_536));
  }

  pull(): PulledPiece {
    return this.#output.shift();
  }

  flush(): void {
    // Nothing is kept back.
  }

  end(): void {
    // Nor here.
  }
}

class XorWriter extends Xor implements SendTransform {
  begin(): number {
    return RSV3;
  }
}

class XorReader extends Xor implements MessageTransform {
  begin({ reservedBits }: { readonly reservedBits: number }): boolean {
    return (reservedBits & RSV3) !== 0;
  }
}
