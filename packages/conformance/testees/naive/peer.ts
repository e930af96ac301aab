import type { Socket } from 'node:net';

import type { Defects } from './behaviour.ts';
import { judgeCloseBody } from './close-body.ts';
import { mask, readHeader, writeFrame, type IncomingFrame } from './frame.ts';
import { judgeHeader } from './header-rules.ts';
import { scanUtf8 } from './utf8.ts';

/** Time that the other end has to end its side, in milliseconds. */
const LINGER = 1500;

/** An echo peer in plain steps: it keeps what it cannot read yet, and reads frame after frame. */
export class NaivePeer {
  readonly #socket: Socket;
  readonly #role: 'client' | 'server';
  readonly #defects: Defects;
  #unread = Buffer.alloc(0);
  #frame: IncomingFrame | undefined;
  #control: Buffer[] = [];
  #message: Buffer[] = [];
  #size = 0;
  #type: number | undefined;
  #cutText: Uint8Array = new Uint8Array(0);
  #pendingPong: Buffer | undefined;
  #heldBack: [opcode: number, payload: Buffer][] = [];
  #over = false;

  constructor(socket: Socket, role: 'client' | 'server', defects: Defects) {
    this.#socket = socket;
    this.#role = role;
    this.#defects = defects;
  }

  /** Takes bytes from the network. */
  receive(chunk: Buffer): void {
    if (this.#over) return;
    this.#unread = Buffer.concat([this.#unread, chunk]);
    for (let steps = 1; this.#step(); steps++) {
      if (this.#defects.takesOneFrameOfAChunk !== true || this.#frame !== undefined || steps === 1) continue;
      this.#unread = Buffer.alloc(0);
    }
    this.#flushHeldBack();
    if (this.#defects.losesCutHeaders === true && this.#frame === undefined) this.#unread = Buffer.alloc(0);
  }

  /** The other end said that nothing more comes. */
  end(): void {
    this.#socket.end();
  }

  /** Reads a header or some payload; says whether there may be more to read. */
  #step(): boolean {
    if (this.#over) return false;
    if (this.#frame === undefined) return this.#begin();
    const frame = this.#frame;
    const missing = frame.length - frame.taken;
    if (missing > 0n && this.#unread.length === 0) return false;
    const count = missing < BigInt(this.#unread.length) ? Number(missing) : this.#unread.length;
    const bytes = this.#unread.subarray(0, count);
    this.#unread = this.#unread.subarray(count);
    this.#takePayload(frame, bytes);
    frame.taken += BigInt(count);
    if (frame.taken >= frame.length) this.#finish(frame);
    return true;
  }

  #begin(): boolean {
    const header = readHeader(this.#unread, this.#defects);
    if (header === undefined) return false;
    this.#unread = this.#unread.subarray(header.size);
    const insideMessage = this.#type !== undefined;
    const code = judgeHeader(header.frame, {
      role: this.#role,
      insideMessage,
      size: this.#size,
      defects: this.#defects,
    });
    if (code !== undefined) {
      this.#fail(code);
      return !this.#over;
    }
    this.#frame = header.frame;
    if (header.frame.opcode < 8) this.#beginData(header.frame);
    return true;
  }

  #beginData({ opcode }: IncomingFrame): void {
    if (opcode !== 0) {
      if (this.#defects.utf8 !== 'leaks') this.#cutText = new Uint8Array(0);
      this.#type = opcode;
      if (this.#defects.ignoresFin === true) this.#message = [];
    }
    this.#type ??= 1;
  }

  #takePayload(frame: IncomingFrame, bytes: Buffer): void {
    const position = this.#defects.restartsMaskInEachChunk === true ? 0 : Number(frame.taken % 4n);
    const payload = frame.key === undefined ? bytes : mask(bytes, frame.key, position);
    if (frame.opcode >= 8) {
      this.#control.push(payload);
      return;
    }
    this.#message.push(payload);
    this.#size += payload.length;
    if (this.#type === 1) this.#checkText(payload);
  }

  #checkText(payload: Buffer): void {
    const { utf8 } = this.#defects;
    if (utf8 === 'unchecked' || utf8 === 'at the end') return;
    const scan = scanUtf8(Buffer.concat([this.#cutText, payload]), utf8);
    if (scan === 'invalid') this.#fail(1007);
    else this.#cutText = scan.rest;
  }

  #finish(frame: IncomingFrame): void {
    if (this.#over) return;
    this.#frame = undefined;
    if (frame.opcode >= 8) {
      const payload = Buffer.concat(this.#control);
      this.#control = [];
      this.#onControl(frame.opcode, payload);
      return;
    }
    if (this.#defects.utf8 === 'by frame' && this.#cutText.length > 0) this.#fail(1007);
    else if (frame.fin || this.#defects.ignoresFin === true) this.#onMessage();
  }

  #onMessage(): void {
    const type = this.#type ?? 1;
    const payload = Buffer.concat(this.#message);
    this.#message = [];
    this.#size = 0;
    this.#type = undefined;
    if (type === 1 && !this.#endsWell(payload)) {
      this.#fail(1007);
      return;
    }
    this.#echo(type, payload);
    if (this.#pendingPong !== undefined) this.#send(10, this.#pendingPong);
    this.#pendingPong = undefined;
  }

  #endsWell(payload: Buffer): boolean {
    const { utf8 } = this.#defects;
    if (utf8 === 'unchecked' || utf8 === 'may be cut') return true;
    if (utf8 !== 'at the end') return this.#cutText.length === 0;
    const scan = scanUtf8(payload, undefined);
    return scan !== 'invalid' && scan.rest.length === 0;
  }

  #echo(type: number, payload: Buffer): void {
    const { echoes, stripsByteOrderMark } = this.#defects;
    const opcode = echoes === 'text as binary' || type > 2 ? 2 : type;
    if (echoes === 'no empty messages' && payload.length === 0) return;
    let echoed = payload;
    if (echoes === 'cut at 125 bytes') echoed = payload.subarray(0, 124 + Number(payload.length < 125));
    if (echoes === 'at most 65535 bytes') echoed = payload.subarray(0, 65_535);
    if (stripsByteOrderMark === true && payload.subarray(0, 3).equals(Buffer.from('efbbbf', 'hex')))
      echoed = payload.subarray(3);
    if (echoes === 'in reverse' || echoes === 'late') this.#heldBack.push([opcode, echoed]);
    else this.#send(opcode, echoed);
  }

  #flushHeldBack(): void {
    const held = this.#heldBack;
    if (held.length === 0) return;
    this.#heldBack = [];
    if (this.#defects.echoes === 'in reverse') held.reverse();
    const send = (): void => {
      for (const [opcode, payload] of held) this.#send(opcode, payload);
    };
    if (this.#defects.echoes === 'late') setTimeout(send, 100);
    else send();
  }

  #onControl(opcode: number, payload: Buffer): void {
    const { pongs, forgetsMessageAtControlFrame } = this.#defects;
    if (opcode === 8) {
      this.#onClose(payload);
      return;
    }
    if (forgetsMessageAtControlFrame === true) this.#message = [];
    if (opcode === 10 && pongs === 'to pongs too') this.#send(10, payload);
    if (opcode !== 9 || pongs === 'none') return;
    if (pongs === 'after the message' && this.#type !== undefined) this.#pendingPong = payload;
    else
      this.#send(
        10,
        pongs === 'empty'
          ? Buffer.alloc(0)
          : pongs === 'upper case'
            ? Buffer.from(payload.toString().toUpperCase())
            : payload,
      );
  }

  #onClose(body: Buffer): void {
    const { closes } = this.#defects;
    const code = judgeCloseBody(body, this.#defects);
    if (code !== undefined) {
      this.#fail(code);
      return;
    }
    const answer =
      closes === 'with one byte'
        ? body.subarray(0, 1)
        : closes === 'with code 1005'
          ? Buffer.from([3, 237])
          : body.subarray(0, 2);
    if (closes !== 'without an answer') this.#send(8, answer);
    if (closes === 'twice') this.#send(8, answer);
    if (closes === 'and goes on') return;
    this.#over = true;
    if (closes !== 'and keeps TCP open' && closes !== 'without an answer' && this.#role === 'server') this.#endSoon();
  }

  #fail(code: number): void {
    const { fails } = this.#defects;
    if (fails === 'not at all') return;
    const sent = fails === 'with 1000' ? 1000 : code;
    this.#over = true;
    if (fails !== 'without Close') this.#send(8, Buffer.from([sent >> 8, sent & 0xff]));
    if (fails !== 'and keeps TCP open') this.#endSoon();
  }

  #endSoon(): void {
    this.#socket.end();
    setTimeout(() => this.#socket.destroy(), LINGER).unref();
  }

  #send(opcode: number, payload: Buffer): void {
    if (!this.#socket.writable) return;
    const masked = (this.#role === 'client') !== (this.#defects.echoes === 'unmasked or masked wrongly');
    this.#socket.write(writeFrame(opcode, payload, masked, this.#defects));
  }
}
