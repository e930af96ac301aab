import { isUtf8 } from 'node:buffer';

import {
  FrameParser,
  MessageType,
  Opcode,
  RemoteProtocolError,
  checkFrameHeader,
  isControlOpcode,
  isValidCloseCode,
  type FrameHeader,
  type FrameSink,
  type ReservedRules,
} from 'millrace/protocol/wire';

import type { WireEvent } from '../model/event.ts';
import type { Role } from '../model/verdict.ts';
import { concatBytes } from './bytes.ts';
import type { MessageInflater } from './deflate.ts';
import type { WireLog } from './wire-log.ts';

/** Marks a message that is compressed (RFC 7692 §6). */
const RSV1 = 0b100;

/** Nothing is negotiated, so nothing reserved has a meaning. */
const NOTHING_RESERVED: ReservedRules = {
  firstFrameBits: 0,
  continuationBits: 0,
  controlBits: 0,
  allowsOpcode: () => false,
};

/** Masking keys that are kept to be compared. */
const KEPT_KEYS = 4096;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Reads what a peer sends, judges its framing, and turns it into events. */
export class FrameObserver implements FrameSink {
  /** Masking keys of the peer's frames, as unsigned 32-bit numbers. */
  readonly keys: number[] = [];
  /** Whether the peer broke a rule, after which nothing is read any more. */
  broken = false;

  readonly #role: Role;
  readonly #log: WireLog;
  readonly #emit: (event: WireEvent) => void;
  readonly #parser = new FrameParser(this);
  #header: FrameHeader | undefined;
  #frame: Uint8Array[] = [];
  #message: Uint8Array[] = [];
  #messageOpcode: number | undefined;
  #messageFrames = 0;
  #closed = false;
  #reserved = NOTHING_RESERVED;
  #inflater: MessageInflater | undefined;
  #isCompressed = false;

  /** @param role - ours, so that the peer has the other one */
  constructor(role: Role, log: WireLog, emit: (event: WireEvent) => void) {
    this.#role = role;
    this.#log = log;
    this.#emit = emit;
  }

  /** Whether the peer stopped inside a frame. */
  get insideFrame(): boolean {
    return this.#parser.insideFrame;
  }

  /** From now on, messages may be compressed. */
  agreeOnCompression(inflater: MessageInflater): void {
    this.#inflater = inflater;
    this.#reserved = { ...NOTHING_RESERVED, firstFrameBits: RSV1 };
  }

  /** Takes bytes from the network, of any size; they are unmasked in place. */
  push(chunk: Uint8Array): void {
    if (this.broken) return;
    try {
      this.#parser.push(chunk, 0);
    } catch (error) {
      if (!(error instanceof RemoteProtocolError)) throw error;
      this.#violation(`${error.message} (${error.rule})`);
    }
  }

  frameBegin(header: FrameHeader): void {
    this.#header = { ...header };
    this.#frame = [];
    if (header.maskingKey !== undefined && this.keys.length < KEPT_KEYS) this.keys.push(header.maskingKey >>> 0);
    const insideMessage = this.#messageOpcode !== undefined;
    try {
      checkFrameHeader(header, { role: this.#role, insideMessage, reserved: this.#reserved });
    } catch (error) {
      this.#logFrame(new Uint8Array(0));
      throw error;
    }
  }

  frameData(payload: Uint8Array): void {
    this.#frame.push(payload.slice());
  }

  frameEnd(): void {
    const header = this.#header;
    if (header === undefined) return;
    const payload = concatBytes(this.#frame);
    this.#frame = [];
    this.#logFrame(payload);
    if (this.#closed) throw new RemoteProtocolError('frame after Close', 'RFC 6455 §5.5.1');
    if (isControlOpcode(header.opcode)) this.#control(header.opcode, payload);
    else this.#data(header, payload);
  }

  #control(opcode: number, payload: Uint8Array): void {
    if (opcode === Opcode.PING) this.#emit({ kind: 'ping', payload });
    else if (opcode === Opcode.PONG) this.#emit({ kind: 'pong', payload });
    else this.#close(payload);
  }

  #close(payload: Uint8Array): void {
    this.#closed = true;
    const code = payload.length === 0 ? undefined : (payload[0]! << 8) | payload[1]!;
    const reason = payload.subarray(2);
    this.#emit({ kind: 'close', code, reason: decoder.decode(reason) });
    if (code !== undefined && !isValidCloseCode(code)) this.#violation(`close code ${String(code)} (RFC 6455 §7.4)`);
    else if (!isUtf8(reason)) this.#violation('close reason is not UTF-8 (RFC 6455 §5.5.1)');
  }

  #data(header: FrameHeader, payload: Uint8Array): void {
    if (this.#messageOpcode === undefined) this.#isCompressed = (header.reservedBits & RSV1) !== 0;
    this.#messageOpcode ??= header.opcode;
    this.#messageFrames++;
    this.#message.push(payload);
    if (!header.fin) return;

    const isText = this.#messageOpcode === MessageType.TEXT;
    const joined = concatBytes(this.#message);
    const whole = this.#isCompressed ? this.#inflate(joined) : joined;
    const frames = this.#messageFrames;
    this.#message = [];
    this.#messageFrames = 0;
    this.#messageOpcode = undefined;
    this.#emit({ kind: 'message', type: isText ? 'text' : 'binary', payload: whole, frames });
    if (isText && !isUtf8(whole)) this.#violation('text message is not UTF-8 (RFC 6455 §8.1)');
  }

  #inflate(payload: Uint8Array): Uint8Array {
    try {
      return this.#inflater?.inflate(payload) ?? payload;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new RemoteProtocolError(`a compressed message cannot be read: ${reason}`, 'RFC 7692 §7.2.1');
    }
  }

  #violation(rule: string): void {
    this.broken = true;
    this.#log.text('note', `the peer broke a rule: ${rule}`);
    this.#emit({ kind: 'violation', rule });
  }

  #logFrame(payload: Uint8Array): void {
    const header = this.#header;
    if (header === undefined) return;
    const { fin, reservedBits, opcode, maskingKey, lengthHigh, lengthLow } = header;
    const length = ((BigInt(lengthHigh) << 32n) | BigInt(lengthLow)).toString();
    const key = maskingKey === undefined ? {} : { key: formatKey(maskingKey) };
    this.#log.frame('peer', { fin, reservedBits, opcode, length, ...key }, payload);
  }
}

function formatKey(key: number): string {
  const text = (key >>> 0).toString(16).padStart(8, '0');
  return [0, 2, 4, 6].map((at) => text.slice(at, at + 2)).join(' ');
}
