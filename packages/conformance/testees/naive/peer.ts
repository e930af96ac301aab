import type { Socket } from 'node:net';

import type { Defects } from './behaviour.ts';
import { closeAnswer, judgeCloseBody } from './close-body.ts';
import { mask, readHeader, type IncomingFrame } from './frame.ts';
import type { Habits } from './habits.ts';
import { judgeHeader } from './header-rules.ts';
import { scanUtf8 } from './utf8.ts';
import { NaiveWriter } from './writer.ts';

/** Time that the other end has to end its side, in milliseconds. */
const LINGER = 1500;

/** Between two pings or pongs of one that chatters, in milliseconds. */
const CHATTER = 5;

/** How late late pongs are, in milliseconds. */
const LATE_PONG = 150;

/** How long an application needs that does not echo at once, in milliseconds. */
const WORK = 3;

/** How much later a server ends the TCP connection than it should, in milliseconds. */
const LATE_END = 600;

/** Fragments that one takes that takes few. */
const FEW = 16_384;

/** An echo peer in plain steps: it keeps what it cannot read yet, and reads frame after frame. */
export class NaivePeer {
  readonly #socket: Socket;
  readonly #role: 'client' | 'server';
  readonly #defects: Defects;
  readonly #habits: Habits;
  readonly #writer: NaiveWriter;
  #unread = Buffer.alloc(0);
  #frame: IncomingFrame | undefined;
  #control: Buffer[] = [];
  #message: Buffer[] = [];
  #size = 0;
  #type: number | undefined;
  #fragments = 0;
  #cutText: Uint8Array = new Uint8Array(0);
  #pendingPong: Buffer | undefined;
  #heldBack: [opcode: number, payload: Buffer][] = [];
  #newestPing: Buffer | undefined;
  /** Nothing is read any more. */
  #over = false;
  /** Nothing is sent any more. */
  #closed = false;
  #otherEnded = false;

  constructor(socket: Socket, role: 'client' | 'server', defects: Defects, habits: Habits) {
    this.#socket = socket;
    this.#role = role;
    this.#defects = defects;
    this.#habits = habits;
    this.#writer = new NaiveWriter(socket, role, defects, habits);
    if (habits.chatters !== undefined) this.#chatter(habits.chatters);
  }

  /** Whether the connection was closed, or has failed. */
  get isOver(): boolean {
    return this.#over;
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

  /** The other end said that nothing more comes. A Close that was received before is still answered. */
  end(): void {
    this.#otherEnded = true;
    if (!this.#over || this.#closed) this.#endSoon();
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
    this.#fragments++;
    if (this.#defects.takesFewFragments === true && this.#fragments > FEW) this.#fail(1009);
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
    this.#fragments = 0;
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
    else this.#inTurn(() => this.#send(opcode, echoed));
    if (echoes === 'twice') setTimeout(() => this.#send(opcode, echoed), 100);
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
    if (opcode === 8) this.#onClose(payload);
    else {
      if (this.#defects.forgetsMessageAtControlFrame === true) this.#message = [];
      if (opcode === 9) this.#onPing(payload);
      else this.#onPong(payload);
    }
  }

  #onPong(payload: Buffer): void {
    const { pongs } = this.#defects;
    if (pongs === 'to pongs too') this.#send(10, payload);
    if (pongs === 'to pongs too, late') setTimeout(() => this.#sendIfOpen(10, payload), LATE_PONG);
  }

  #onPing(payload: Buffer): void {
    const { pongs } = this.#defects;
    if (this.#habits.pongs === 'late') setTimeout(() => this.#sendIfOpen(10, payload), LATE_PONG);
    else if (this.#habits.pongs === 'only the newest') this.#answerNewest(payload);
    else if (pongs === 'after the message' && this.#type !== undefined) this.#pendingPong = payload;
    else if (pongs === 'empty') this.#send(10, Buffer.alloc(0));
    else if (pongs === 'upper case') this.#send(10, Buffer.from(payload.toString().toUpperCase()));
    else if (pongs !== 'none') this.#send(10, payload);
  }

  #answerNewest(payload: Buffer): void {
    if (this.#newestPing === undefined) {
      setImmediate(() => {
        if (this.#newestPing !== undefined) this.#sendIfOpen(10, this.#newestPing);
        this.#newestPing = undefined;
      });
    }
    this.#newestPing = payload;
  }

  #onClose(body: Buffer): void {
    const code = judgeCloseBody(body, this.#defects);
    if (code !== undefined) {
      this.#fail(code);
      return;
    }
    if (this.#defects.closes !== 'and goes on') this.#over = true;
    this.#inTurn(() => this.#answerClose(body));
  }

  #answerClose(body: Buffer): void {
    const { closes } = this.#defects;
    const answer = closeAnswer(body, this.#defects, this.#habits);
    if (closes !== 'without an answer') this.#send(8, answer);
    if (closes === 'twice') this.#send(8, answer);
    if (closes === 'and goes on') return;
    this.#closed = true;
    if (closes === 'and keeps TCP open' || closes === 'without an answer') return;
    if (closes === 'and ends TCP late') setTimeout(() => this.#endSoon(), LATE_END);
    else if (this.#role === 'server' || this.#habits.endsFirst === true || this.#otherEnded) this.#endSoon();
  }

  #fail(code: number): void {
    const { fails } = this.#defects;
    if (fails === 'not at all') return;
    const sent = fails === 'with 1000' ? 1000 : code;
    this.#over = true;
    this.#inTurn(() => {
      if (fails !== 'without Close') this.#send(8, Buffer.from([sent >> 8, sent & 0xff]));
      this.#closed = true;
      if (fails !== 'and keeps TCP open') this.#endSoon();
    });
  }

  /** Does what the application or the end of a connection wants, behind what was wanted before. */
  #inTurn(act: () => void): void {
    if (this.#habits.echoesLater === true) setTimeout(act, WORK);
    else act();
  }

  #chatter(what: 'pings' | 'pongs'): void {
    const opcode = what === 'pings' ? 9 : 10;
    this.#send(opcode, Buffer.alloc(0));
    const timer = setInterval(() => this.#sendIfOpen(opcode, Buffer.alloc(0)), CHATTER);
    this.#socket.once('close', () => clearInterval(timer));
  }

  #endSoon(): void {
    this.#writer.end(() => setTimeout(() => this.#socket.destroy(), LINGER).unref());
  }

  #sendIfOpen(opcode: number, payload: Buffer): void {
    if (!this.#closed) this.#send(opcode, payload);
  }

  #send(opcode: number, payload: Buffer): void {
    if (this.#socket.writable) this.#writer.send(opcode, payload);
  }
}
