import { isPromise } from '../base/promise.ts';
import type { SharedTransform } from '../base/transform.ts';
import { firstHeaderByte, encodeFrameHeader, encodedHeaderSize } from '../wire/frame-header.ts';
import { showFacts } from '../base/inspection.ts';

/** How a whole message is sent. */
export interface MessageFormat {
  readonly opcode: number;
  /** Reserved bits of its first frame; 0 unless given. */
  readonly reservedBits?: number | undefined;
  /** Longest frame in bytes, if not the option of the connection. */
  readonly fragmentSize?: number | undefined;
  /** What the application said for this message: compress it or not; without it, the extension decides. */
  readonly compress?: boolean | undefined;
  /**
   * Whether its frames are masked, if not as the role has it: a correct peer fails the connection then (RFC 6455 §5.1). Without effect on a message that an
   * extension changes.
   */
  readonly masks?: boolean | undefined;
}

/** A message that is framed once, for any number of connections. */
export class PreparedMessage {
  static {
    showFacts<PreparedMessage>(this, ({ format, payload }) => ({ opcode: format.opcode, size: payload.length }));
  }

  /** The payload alone, for connections that mask or compress. It must not be changed. */
  readonly payload: Uint8Array;
  /** The message as one unmasked frame. It must not be changed. */
  readonly frame: Uint8Array;
  readonly format: MessageFormat;

  /** What transforms have made of it, by what they do. */
  readonly #variants = new Map<string, PreparedMessage | Promise<PreparedMessage>>();

  /** @param payload - is copied */
  constructor(payload: Uint8Array, opcode: number, format: Omit<MessageFormat, 'opcode'> = {}) {
    const { length } = payload;
    const { reservedBits = 0 } = format;
    const size = encodedHeaderSize(length, false);
    this.frame = new Uint8Array(size + length);
    const byte0 = firstHeaderByte(true, reservedBits, opcode);
    encodeFrameHeader({ byte0, length, maskingKey: undefined }, this.frame, 0);
    this.frame.set(payload, size);
    this.payload = this.frame.subarray(size);
    this.format = Object.freeze({ opcode, ...format });
    Object.freeze(this);
  }

  /**
   * Gives the message as a transform changes it, which is done once for all connections with the same key.
   *
   * @param reservedBits - those that the transform sets
   */
  transformedBy(shared: SharedTransform, reservedBits: number): PreparedMessage | Promise<PreparedMessage> {
    const key = `${String(reservedBits)} ${shared.key}`;
    const known = this.#variants.get(key);
    if (known !== undefined) return known;
    const keep = (payload: Uint8Array): PreparedMessage => {
      const variant = new PreparedMessage(payload, this.format.opcode, { reservedBits });
      this.#variants.set(key, variant);
      return variant;
    };
    const transformed = shared.transform(this.payload);
    if (!isPromise(transformed)) return keep(transformed);
    const later = transformed.then(keep);
    this.#variants.set(key, later);
    // The next connection may have more luck.
    later.catch(() => this.#variants.delete(key));
    return later;
  }
}
