// Reads frames as plainly as it goes, without the library: it judges the library.
import type { WireMessage, WireSide } from './wire-report.ts';

const HEAD_END = '\r\n\r\n';

/** Longest head, in characters. */
const MAX_HEAD = 65_536;

/** Masking keys that are compared. */
const COMPARED_KEYS = 1000;

interface MessageInTheMaking {
  readonly opcode: number;
  readonly reservedBits: number;
  frames: number;
  size: number;
  readonly pieces: Buffer[];
}

interface FrameHeader {
  readonly fin: boolean;
  readonly opcode: number;
  readonly key: Buffer | undefined;
}

/** Reads what one side sends: the head of HTTP, and the frames behind it. */
export class WireObserver implements WireSide {
  readonly messages: WireMessage[] = [];
  readonly pings: string[] = [];
  readonly pongs: string[] = [];
  readonly closes: number[] = [];
  readonly reasons: string[] = [];
  readonly violations: string[] = [];
  framesAfterClose = 0;
  maskedFrames = 0;
  unmaskedFrames = 0;
  #head = '';
  #isHeadRead = false;
  #unread: Buffer = Buffer.alloc(0);
  #frame: FrameHeader | undefined;
  #missing = 0n;
  #control: Buffer[] = [];
  /** Bytes of the present frame that were read. */
  #offset = 0;
  #message: MessageInTheMaking | undefined;
  readonly #keepsPayload: boolean;
  readonly #keys = new Set<string>();

  /** @param keepsPayload - whether the payload of messages is kept, for those who want to read it */
  constructor({ keepsPayload }: { readonly keepsPayload: boolean }) {
    this.#keepsPayload = keepsPayload;
  }

  get head(): string {
    return this.#head;
  }

  get keys(): number {
    return this.#keys.size;
  }

  /** Takes what it sends. */
  push(chunk: Buffer): void {
    if (this.#isHeadRead) this.#takeFrames(chunk);
    else this.#takeHead(chunk);
  }

  #takeHead(chunk: Buffer): void {
    this.#head += chunk.toString('latin1');
    const end = this.#head.indexOf(HEAD_END);
    if (end === -1) {
      if (this.#head.length > MAX_HEAD) this.#giveUp();
      return;
    }
    const rest = this.#head.slice(end + HEAD_END.length);
    this.#head = this.#head.slice(0, end);
    this.#isHeadRead = true;
    this.#takeFrames(Buffer.from(rest, 'latin1'));
  }

  #giveUp(): void {
    this.violations.push('a head of HTTP without an end');
    this.#head = '';
  }

  #takeFrames(chunk: Buffer): void {
    let rest = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk]);
    for (let size = 1; size > 0; rest = rest.subarray(size)) size = this.#step(rest);
    this.#unread = Buffer.from(rest);
  }

  /** Takes a header, or payload. Returns how many bytes that were; 0, if more must come first. */
  #step(bytes: Buffer): number {
    if (this.#frame === undefined) return this.#takeHeader(bytes);
    const size = this.#missing < BigInt(bytes.length) ? Number(this.#missing) : bytes.length;
    this.#takePayload(bytes.subarray(0, size));
    return size;
  }

  #takeHeader(bytes: Buffer): number {
    const size = headerSize(bytes);
    if (size === undefined || bytes.length < size) return 0;
    const first = bytes[0]!;
    const opcode = first & 0xf;
    const key = bytes[1]! >= 0x80 ? Buffer.from(bytes.subarray(size - 4, size)) : undefined;
    this.#missing = this.#readLength(bytes);
    this.#frame = { fin: first >= 0x80, opcode, key };
    this.#countFrame(key);
    this.#offset = 0;
    const reservedBits = (first & 0x70) >> 4;
    // Those of the first frame of a message are judged with the message.
    if (reservedBits !== 0 && opcode !== 1 && opcode !== 2)
      this.violations.push(`reserved bits in a frame with opcode ${opcode}`);
    if (opcode < 8) this.#beginData(opcode, reservedBits);
    if (this.#missing === 0n) this.#endFrame();
    return size;
  }

  #readLength(bytes: Buffer): bigint {
    const short = bytes[1]! & 0x7f;
    if (short < 126) return BigInt(short);
    const length = short === 126 ? BigInt(bytes.readUInt16BE(2)) : bytes.readBigUInt64BE(2);
    if (length <= (short === 126 ? 125n : 0xffffn)) this.violations.push('a length that could be shorter');
    return length;
  }

  #countFrame(key: Buffer | undefined): void {
    if (this.closes.length > 0) this.framesAfterClose++;
    if (key === undefined) this.unmaskedFrames++;
    else this.maskedFrames++;
    if (key !== undefined && this.maskedFrames <= COMPARED_KEYS) this.#keys.add(key.toString('hex'));
  }

  #beginData(opcode: number, reservedBits: number): void {
    if ((opcode === 0) !== (this.#message !== undefined)) this.violations.push(`opcode ${opcode} out of place`);
    this.#message ??= { opcode, reservedBits, frames: 0, size: 0, pieces: [] };
    this.#message.frames++;
  }

  #takePayload(bytes: Buffer): void {
    const { opcode = 0, key } = this.#frame ?? {};
    if (opcode >= 8) this.#control.push(bytes);
    else if (this.#message !== undefined) {
      this.#message.size += bytes.length;
      if (this.#keepsPayload) this.#message.pieces.push(unmask(bytes, key, this.#offset));
    }
    this.#offset += bytes.length;
    this.#missing -= BigInt(bytes.length);
    if (this.#missing === 0n) this.#endFrame();
  }

  #endFrame(): void {
    const frame = this.#frame;
    this.#frame = undefined;
    if (frame === undefined) return;
    if (frame.opcode >= 8) this.#endControl(frame);
    else if (frame.fin && this.#message !== undefined) {
      const { pieces, ...message } = this.#message;
      this.messages.push({ ...message, payload: Buffer.concat(pieces) });
      this.#message = undefined;
    }
  }

  #endControl({ opcode, key, fin }: FrameHeader): void {
    const payload = unmask(Buffer.concat(this.#control), key, 0);
    this.#control = [];
    if (!fin) this.violations.push('a control frame in fragments');
    if (opcode === 9) this.pings.push(payload.toString('latin1'));
    else if (opcode === 10) this.pongs.push(payload.toString('latin1'));
    else if (opcode === 8) {
      this.closes.push(payload.length < 2 ? 1005 : payload.readUInt16BE(0));
      this.reasons.push(payload.subarray(2).toString());
    } else this.violations.push(`opcode ${opcode}`);
  }
}

function headerSize(bytes: Buffer): number | undefined {
  if (bytes.length < 2) return undefined;
  const second = bytes[1]!;
  const short = second & 0x7f;
  return 2 + (short === 127 ? 8 : short === 126 ? 2 : 0) + (second >= 0x80 ? 4 : 0);
}

/** @param offset - of these bytes in their frame */
function unmask(bytes: Buffer, key: Buffer | undefined, offset: number): Buffer {
  const unmasked = Buffer.from(bytes);
  if (key === undefined) return unmasked;
  for (let index = 0; index < unmasked.length; index++) unmasked[index]! ^= key[(offset + index) & 3]!;
  return unmasked;
}
