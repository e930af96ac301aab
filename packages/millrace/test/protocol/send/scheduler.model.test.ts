import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { PreparedMessage } from '../../../src/protocol/send/prepared-message.ts';
import { Scheduler } from '../../../src/protocol/send/scheduler.ts';
import type { QueuedEntry } from '../../../src/protocol/send/message-output.ts';
import { SendQueue, type TurnHolder } from '../../../src/protocol/send/send-queue.ts';
import { portableTextCodec } from '../../../src/protocol/wire/text-codec.ts';
import { concat, toHex } from '../../helpers/bytes.ts';
import { decodeFrames, readConversation, type Conversation } from '../../helpers/frame-stream.ts';
import { createRandom, randomBytes } from '../../helpers/random.ts';

/** What payloads are cut from. */
const SOURCE = randomBytes(64 * 1024, 1);

const CLOSE = Uint8Array.of(3, 0xe8);

interface ExpectedMessage {
  readonly opcode: number;
  readonly parts: Uint8Array[];
}

/** Calls a scheduler and the queue in front of it at random, takes output at random, and knows what must come of it. */
class RandomCaller {
  readonly #random: (below: number) => number;
  readonly scheduler: Scheduler;
  readonly #queue: SendQueue;
  readonly #wire: Uint8Array[] = [];
  /** Payloads that were sent and may be read until the end, with copies. */
  readonly #lent: [payload: Uint8Array, copy: Uint8Array][] = [];
  /** What is sent, in the order in which it was asked for. */
  readonly expected: ExpectedMessage[] = [];
  readonly pings: string[] = [];
  readonly pongs: string[] = [];
  /** What waits and may be withdrawn. */
  readonly #waiting = new Map<QueuedEntry, ExpectedMessage>();
  /** Those that have the turn, and wait for it. */
  readonly #holders = new Map<TurnHolder, ExpectedMessage>();
  #holder: TurnHolder | undefined;
  #open: ExpectedMessage | undefined;
  #missing = 0;
  #isFinal = false;
  #isBlocked = false;
  keys = 0;

  constructor(role: 'client' | 'server', seed: number) {
    this.#random = createRandom(seed);
    this.scheduler = new Scheduler({
      role,
      host: {
        text: portableTextCodec,
        maskingKey: () => ++this.keys,
        transportBufferedAmount: () => (this.#isBlocked ? 1 : 0),
      },
      fragmentSize: [50, 100, 3000, 1024 * 1024][this.#random(4)]!,
      listener: { onCloseSent: () => undefined, onMessageSent: () => this.#queue.advance() },
    });
    this.#queue = new SendQueue({
      messages: this.scheduler,
      text: portableTextCodec,
      highWaterMark: [0, 3000, Infinity][this.#random(3)]!,
      owner: { onPayloadLost: () => assert.fail('a payload was lost') },
    });
  }

  step(): void {
    const actions = [
      () => this.#sendMessage(),
      () => this.#sendPrepared(),
      () => this.#sendControl(),
      () => this.#takeOutput(),
      () => (this.#isBlocked = this.#random(2) === 0),
      () => this.#goOn(),
      () => this.#goOn(),
      () => this.#goOn(),
      () => this.#takeTurn(),
      () => this.#giveTurnBack(),
      () => this.#withdraw(),
      () => this.#misuse(),
    ];
    actions[this.#random(actions.length)]!();
  }

  /** Sends Close behind all that waits. Whoever waits for a turn gets none, and whoever has not begun with it loses it. */
  close(): void {
    for (const [holder, message] of this.#holders) {
      if (message === this.#open || this.#ended.has(message)) continue;
      this.expected.splice(this.expected.indexOf(message), 1);
      if (holder === this.#holder) this.#holder = undefined;
    }
    this.#queue.close(CLOSE);
  }

  /** Sends Close without regard to what waits. */
  abandon(): void {
    this.#queue.clear();
    assert.equal(this.scheduler.abandon(CLOSE), true);
  }

  /** Gives up the frame that is open, and sends Close if it can. */
  fail(): boolean {
    this.#queue.clear();
    const canClose = this.scheduler.cutOpenFrame();
    if (canClose) this.scheduler.sendClose(CLOSE);
    return canClose;
  }

  /** Ends what is open, and reads all that was written. */
  finish(): Conversation {
    for (let count = 0; this.#missing > 0 || this.#open !== undefined || this.#holder !== undefined; count++) {
      assert.ok(count < 10_000);
      while (this.#missing > 0) this.#sendData();
      if (this.#open !== undefined) this.#end();
      this.#giveTurnBack();
    }
    assert.equal(this.#queue.waitingSize, 0);
    assert.equal(this.#queue.waitingCost, 0);
    const conversation = this.read();
    assert.equal(this.scheduler.output.referencesTaken, this.scheduler.output.referencesGiven);
    return conversation;
  }

  read(): Conversation {
    this.#wire.push(...this.scheduler.takeOutput(Infinity));
    assert.equal(this.scheduler.hasOutput, false);
    assert.equal(this.scheduler.output.size, 0);
    assert.equal(this.scheduler.output.cost, 0);
    for (const [payload, copy] of this.#lent) assert.equal(Buffer.compare(payload, copy), 0, 'a payload was modified');
    return readConversation(decodeFrames(concat(this.#wire)));
  }

  get isInsideFrame(): boolean {
    return this.#missing > 0;
  }

  #payload(): Uint8Array<ArrayBuffer> {
    const size = this.#random(this.#random(12) === 0 ? 12_000 : 200);
    const start = this.#random(SOURCE.length - size);
    const payload = SOURCE.slice(start, start + size);
    this.#lent.push([payload, Uint8Array.from(payload)]);
    return payload;
  }

  #sendMessage(): void {
    const format = { reservedBits: 0, fragmentSize: this.#random(3) === 0 ? 20 + this.#random(500) : undefined };
    if (this.#random(2) === 0) {
      const text = 'aä€😀'.repeat(this.#random(this.#random(12) === 0 ? 1000 : 20));
      const entry = this.#queue.send(text, { opcode: 1, ...format });
      this.#expect({ opcode: 1, parts: [portableTextCodec.encode(text)] }, entry);
      return;
    }
    const payload = this.#payload();
    const copy = Uint8Array.from(payload);
    const taken: true[] = [];
    const entry = this.#queue.send(payload, { opcode: 2, ...format, onTaken: () => taken.push(true) });
    this.#expect({ opcode: 2, parts: [copy] }, entry);
    // It waits in a copy, so that its own memory is free.
    if (entry === undefined || taken.length === 0) return;
    payload.fill(0xee);
    this.#lent.pop();
  }

  #sendPrepared(): void {
    const payload = this.#payload();
    this.#queue.sendPrepared(new PreparedMessage(payload, 2));
    this.expected.push({ opcode: 2, parts: [payload] });
  }

  #expect(message: ExpectedMessage, entry: QueuedEntry | undefined): void {
    this.expected.push(message);
    if (entry !== undefined) this.#waiting.set(entry, message);
  }

  /** Takes the turn to send a message, whole or piece by piece. */
  #takeTurn(): void {
    const message: ExpectedMessage = { opcode: 1 + this.#random(2), parts: [] };
    const holder: TurnHolder = {
      isWhole: false,
      pendingSize: 0,
      pendingCost: 0,
      onTurn: () => (this.#holder = holder),
      onLost: () => undefined,
      onClosing: () => this.#open === message,
    };
    this.#holders.set(holder, message);
    const entry = this.#queue.take(holder);
    this.#expect(message, entry);
    if (entry === undefined) this.#holder = holder;
    if (entry === undefined && this.#random(2) === 0) this.#beginFor(holder);
  }

  #beginFor(holder: TurnHolder): void {
    const message = this.#holders.get(holder);
    if (message === undefined || this.#open !== undefined) return;
    this.#open = message;
    this.scheduler.beginMessage(message.opcode);
  }

  /** Ends the turn of whoever has it, with its message begun and ended, sent as a whole, or not at all. */
  #giveTurnBack(): void {
    const holder = this.#holder;
    const message = holder === undefined ? undefined : this.#holders.get(holder);
    if (holder === undefined || message === undefined || this.#open === message || this.isInsideFrame) return;
    this.#holder = undefined;
    this.#holders.delete(holder);
    if (message.parts.length > 0 || this.#ended.has(message)) {
      this.#queue.release(holder);
      return;
    }
    if (this.#random(2) === 0) {
      const payload = this.#payload();
      message.parts.push(payload);
      this.#queue.sendInTurn(holder, payload, { opcode: message.opcode });
    } else {
      this.expected.splice(this.expected.indexOf(message), 1);
      this.#queue.release(holder);
    }
  }

  /** Messages that were begun and ended. */
  readonly #ended = new Set<ExpectedMessage>();

  #withdraw(): void {
    const entries = [...this.#waiting];
    if (entries.length === 0) return;
    const [entry, message] = entries[this.#random(entries.length)]!;
    this.#waiting.delete(entry);
    if (!entry.withdraw()) return;
    this.expected.splice(this.expected.indexOf(message), 1);
    for (const [holder, held] of this.#holders) if (held === message) this.#holders.delete(holder);
  }

  #sendControl(): void {
    const payload = randomBytes(this.#random(126), 1 + this.#random(2 ** 31));
    if (this.#random(2) === 0) {
      this.scheduler.sendControlFrame(9, payload, 0);
      this.pings.push(toHex(payload));
    } else {
      this.scheduler.sendAutomaticPong(payload);
      this.pongs.push(toHex(payload));
    }
  }

  #takeOutput(): void {
    this.#wire.push(...this.scheduler.takeOutput(this.#random(3000)));
    const { cost, size } = this.scheduler.output;
    assert.ok(cost >= size);
  }

  /** Goes on with the open message, or opens one. */
  #goOn(): void {
    if (this.#missing > 0) this.#sendData();
    else if (this.#open !== undefined && this.#random(4) === 0) this.#end();
    else if (this.#open !== undefined) this.#sendFrame(this.#open);
    else if (this.#holder !== undefined) {
      const message = this.#holders.get(this.#holder);
      if (message !== undefined && message.parts.length === 0 && !this.#ended.has(message))
        this.#beginFor(this.#holder);
    } else if (this.#queue.isFree) this.#begin();
  }

  #begin(): void {
    this.#open = { opcode: 1 + this.#random(2), parts: [] };
    this.expected.push(this.#open);
    this.scheduler.beginMessage(this.#open.opcode);
  }

  #end(): void {
    if (this.#open !== undefined) this.#ended.add(this.#open);
    this.#open = undefined;
    this.scheduler.endMessage();
  }

  #sendFrame(open: ExpectedMessage): void {
    const final = this.#random(5) === 0;
    if (final) this.#ended.add(open);
    if (this.#random(2) === 0) {
      const payload = this.#payload();
      open.parts.push(payload);
      if (final) this.#open = undefined;
      this.scheduler.sendFrame(payload, { final });
      return;
    }
    const length = this.#random(this.#random(2) === 0 ? 3 : 3000);
    this.#missing = length;
    this.#isFinal = final;
    if (length === 0 && final) this.#open = undefined;
    this.scheduler.beginFrame(this.#random(2) === 0 ? length : BigInt(length), { final });
  }

  #sendData(): void {
    const payload = this.#payload();
    const missing = this.#missing;
    this.#open?.parts.push(payload.subarray(0, Math.min(missing, payload.length)));
    this.#missing = Math.max(0, missing - payload.length);
    if (this.#missing === 0 && this.#isFinal) this.#open = undefined;
    assert.equal(this.scheduler.sendFrameData(payload), missing - payload.length);
  }

  #misuse(): void {
    const { size, cost } = this.scheduler.output;
    const { waitingSize } = this.#queue;
    if (this.#missing > 0) assert.throws(() => this.scheduler.sendFrame(this.#payload()), { name: 'LocalUsageError' });
    else assert.throws(() => this.scheduler.sendFrameData(this.#payload()), { name: 'LocalUsageError' });
    assert.deepEqual([this.scheduler.output.size, this.scheduler.output.cost], [size, cost]);
    assert.equal(this.#queue.waitingSize, waitingSize);
  }
}

function summary(messages: Iterable<{ opcode: number; payload: Uint8Array }>): string[] {
  return Array.from(messages, ({ opcode, payload }) => `${opcode}: ${Buffer.from(payload).toString('latin1')}`);
}

function expectedOf(caller: RandomCaller): string[] {
  return summary(caller.expected.map(({ opcode, parts }) => ({ opcode, payload: concat(parts) })));
}

const SEEDS = Array.from({ length: 80 }, (_, index) => index + 1);

for (const role of ['client', 'server'] as const) {
  describe(`Scheduler of a ${role}, called at random`, () => {
    it('writes a valid sequence of frames that says what was sent', () => {
      for (const seed of SEEDS) {
        const caller = new RandomCaller(role, seed);
        for (let step = 0; step < 160; step++) caller.step();

        const { messages, controls, isUnfinished } = caller.finish();

        assert.equal(isUnfinished, false);
        assert.deepEqual(summary(messages), expectedOf(caller), `seed ${seed}`);
        const pings = controls.filter(({ opcode }) => opcode === 9).map(({ payload }) => toHex(payload));
        assert.deepEqual(pings.sort(), caller.pings.sort(), 'each Ping is sent once');
        const pongs = controls.filter(({ opcode }) => opcode === 10).map(({ payload }) => toHex(payload));
        const [newest] = caller.pongs.slice(-1);
        assert.ok(newest === undefined || pongs.includes(newest), 'the newest Pong is sent');
        assert.ok(pongs.every((pong) => caller.pongs.includes(pong)));
      }
    });

    it('counts what it sends, as long as no Pong is replaced', () => {
      for (const seed of SEEDS) {
        const caller = new RandomCaller(role, seed);
        for (let step = 0; step < 60; step++) caller.step();

        const { messages, controls } = caller.finish();

        const data = messages.reduce((sum, { frames }) => sum + frames, 0);
        const replaced = caller.pongs.length - controls.filter(({ opcode }) => opcode === 10).length;
        const { framesSent, messagesSent, dataSent } = caller.scheduler.counts;
        assert.deepEqual(
          { framesSent, messagesSent, dataSent },
          {
            framesSent: data + controls.length + replaced,
            messagesSent: messages.length,
            dataSent: messages.reduce((sum, { payload }) => sum + payload.length, 0),
          },
        );
      }
    });

    it('ends with Close at any time, if a frame is not open, and nothing behind it', () => {
      for (const seed of SEEDS) {
        for (const how of ['close', 'abandon', 'fail'] as const) {
          const caller = new RandomCaller(role, seed);
          for (let step = 0; step < 40 + (seed % 40) || (caller.isInsideFrame && how === 'abandon'); step++)
            caller.step();

          const canClose = caller[how]() !== false;
          assert.ok(canClose || caller.isInsideFrame);
          if (!canClose) continue;
          const { messages, controls } = how === 'close' ? caller.finish() : caller.read();

          assert.equal(controls.at(-1)?.opcode, 8);
          const expected = expectedOf(caller);
          if (how === 'close') assert.deepEqual(summary(messages), expected, `seed ${seed}`);
          else assert.deepEqual(summary(messages), expected.slice(0, messages.length), `seed ${seed}`);
        }
      }
    });
  });
}
