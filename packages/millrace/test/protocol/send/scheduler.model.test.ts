import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { prepareMessage } from '../../../src/protocol/send/prepared-message.ts';
import { Scheduler } from '../../../src/protocol/send/scheduler.ts';
import { portableTextCodec } from '../../../src/protocol/wire/text-codec.ts';
import { concat, toHex } from '../../helpers/bytes.ts';
import { decodeFrames, readConversation, type Conversation } from '../../helpers/frame-stream.ts';
import { createRandom, randomBytes } from '../../helpers/random.ts';

/** What payloads are cut from. */
const SOURCE = randomBytes(64 * 1024, 1);

interface ExpectedMessage {
  readonly opcode: number;
  readonly parts: Uint8Array[];
}

/** Calls a scheduler at random, takes its output at random, and knows what must come of it. */
class RandomCaller {
  readonly #random: (below: number) => number;
  readonly #scheduler: Scheduler;
  readonly #wire: Uint8Array[] = [];
  /** Payloads that were sent, with copies. */
  readonly #lent: [payload: Uint8Array, copy: Uint8Array][] = [];
  readonly expected: ExpectedMessage[] = [];
  readonly pings: string[] = [];
  readonly pongs: string[] = [];
  #open: ExpectedMessage | undefined;
  #missing = 0;
  #isFinal = false;
  #isBlocked = false;
  keys = 0;

  constructor(role: 'client' | 'server', seed: number) {
    this.#random = createRandom(seed);
    this.#scheduler = new Scheduler({
      role,
      host: {
        text: portableTextCodec,
        maskingKey: () => ++this.keys,
        transportBufferedAmount: () => (this.#isBlocked ? 1 : 0),
      },
      fragmentSize: [50, 100, 3000, 1024 * 1024][this.#random(4)]!,
      closing: { onCloseSent: () => undefined },
    });
  }

  get scheduler(): Scheduler {
    return this.#scheduler;
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
      () => this.#misuse(),
    ];
    actions[this.#random(actions.length)]!();
  }

  /** Ends what is open, and reads all that was written. */
  finish(): Conversation {
    while (this.#missing > 0) this.#sendData();
    if (this.#open !== undefined) {
      this.#scheduler.endMessage();
      this.#open = undefined;
    }
    return this.read();
  }

  read(): Conversation {
    this.#wire.push(...this.#scheduler.takeOutput(Infinity));
    assert.equal(this.#scheduler.hasOutput, false);
    assert.equal(this.#scheduler.leavingSize, 0);
    for (const [payload, copy] of this.#lent) assert.equal(Buffer.compare(payload, copy), 0, 'a payload was modified');
    return readConversation(decodeFrames(concat(this.#wire)));
  }

  get isInsideFrame(): boolean {
    return this.#missing > 0;
  }

  #payload(): Uint8Array {
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
      this.#scheduler.sendMessage(text, { opcode: 1, ...format });
      this.expected.push({ opcode: 1, parts: [portableTextCodec.encode(text)] });
    } else {
      const payload = this.#payload();
      this.#scheduler.sendMessage(payload, { opcode: 2, ...format });
      this.expected.push({ opcode: 2, parts: [payload] });
    }
  }

  #sendPrepared(): void {
    const payload = this.#payload();
    this.#scheduler.sendPreparedMessage(prepareMessage(payload, 2));
    this.expected.push({ opcode: 2, parts: [payload] });
  }

  #sendControl(): void {
    const payload = randomBytes(this.#random(126), 1 + this.#random(2 ** 31));
    if (this.#random(2) === 0) {
      this.#scheduler.sendControlFrame(9, payload, 0);
      this.pings.push(toHex(payload));
    } else {
      this.#scheduler.sendPong(payload);
      this.pongs.push(toHex(payload));
    }
  }

  #takeOutput(): void {
    this.#wire.push(...this.#scheduler.takeOutput(this.#random(3000)));
  }

  /** Goes on with the open message, or opens one. */
  #goOn(): void {
    if (this.#missing > 0) this.#sendData();
    else if (this.#open === undefined) this.#begin();
    else if (this.#random(4) === 0) this.#end();
    else this.#sendFrame(this.#open);
  }

  #begin(): void {
    this.#open = { opcode: 1 + this.#random(2), parts: [] };
    this.expected.push(this.#open);
    this.#scheduler.beginMessage(this.#open.opcode);
  }

  #end(): void {
    this.#scheduler.endMessage();
    this.#open = undefined;
  }

  #sendFrame(open: ExpectedMessage): void {
    const final = this.#random(5) === 0;
    if (this.#random(2) === 0) {
      const payload = this.#payload();
      this.#scheduler.sendFrame(payload, { final });
      open.parts.push(payload);
      if (final) this.#open = undefined;
      return;
    }
    const length = this.#random(this.#random(2) === 0 ? 3 : 3000);
    this.#scheduler.beginFrame(this.#random(2) === 0 ? length : BigInt(length), { final });
    this.#missing = length;
    this.#isFinal = final;
    if (length === 0 && final) this.#open = undefined;
  }

  #sendData(): void {
    const payload = this.#payload();
    const result = this.#scheduler.sendFrameData(payload);
    assert.equal(result, this.#missing - payload.length);
    this.#open?.parts.push(payload.subarray(0, Math.min(this.#missing, payload.length)));
    this.#missing = Math.max(0, result);
    if (this.#missing === 0 && this.#isFinal) this.#open = undefined;
  }

  #misuse(): void {
    const { leavingSize, waitingSize } = this.#scheduler;
    if (this.#missing > 0) assert.throws(() => this.#scheduler.sendFrame(this.#payload()), { name: 'LocalUsageError' });
    else assert.throws(() => this.#scheduler.sendFrameData(this.#payload()), { name: 'LocalUsageError' });
    assert.deepEqual([this.#scheduler.leavingSize, this.#scheduler.waitingSize], [leavingSize, waitingSize]);
  }
}

function summary(messages: Iterable<{ opcode: number; payload: Uint8Array }>): string[] {
  return Array.from(messages, ({ opcode, payload }) => `${opcode}: ${Buffer.from(payload).toString('latin1')}`);
}

function expectedOf(caller: RandomCaller): string[] {
  return summary(caller.expected.map(({ opcode, parts }) => ({ opcode, payload: concat(parts) })));
}

const SEEDS = Array.from({ length: 60 }, (_, index) => index + 1);

for (const role of ['client', 'server'] as const) {
  describe(`Scheduler of a ${role}, called at random`, () => {
    it('writes a valid sequence of frames that says what was sent', () => {
      for (const seed of SEEDS) {
        const caller = new RandomCaller(role, seed);
        for (let step = 0; step < 120; step++) caller.step();

        const { messages, controls, isUnfinished } = caller.finish();

        assert.equal(isUnfinished, false);
        assert.deepEqual(summary(messages), expectedOf(caller), `seed ${seed}`);
        const pings = controls.filter(({ opcode }) => opcode === 9).map(({ payload }) => toHex(payload));
        assert.deepEqual(pings.sort(), caller.pings.sort(), 'each Ping is sent once');
        const pongs = new Set(controls.filter(({ opcode }) => opcode === 10).map(({ payload }) => toHex(payload)));
        assert.ok(caller.pongs.length === 0 || pongs.has(caller.pongs.at(-1) ?? ''), 'the newest Pong is sent');
        assert.ok([...pongs].every((pong) => caller.pongs.includes(pong)));
      }
    });

    it('counts what it sends, as long as no Pong is replaced', () => {
      for (const seed of SEEDS) {
        const caller = new RandomCaller(role, seed);
        for (let step = 0; step < 60; step++) caller.step();

        const { messages, controls } = caller.finish();

        const data = messages.reduce((sum, { frames }) => sum + frames, 0);
        const replaced = caller.pongs.length - controls.filter(({ opcode }) => opcode === 10).length;
        assert.deepEqual(caller.scheduler.counts, {
          framesSent: data + controls.length + replaced,
          messagesSent: messages.length,
        });
      }
    });

    it('ends with Close at any time, if a frame is not open, and nothing behind it', () => {
      for (const seed of SEEDS) {
        for (const how of ['close', 'abandon', 'fail'] as const) {
          const caller = new RandomCaller(role, seed);
          for (let step = 0; step < 40 + (seed % 40) || caller.isInsideFrame; step++) caller.step();

          if (how === 'close') caller.scheduler.close(Uint8Array.of(3, 0xe8));
          else assert.equal(caller.scheduler[how](Uint8Array.of(3, 0xe8)), true);
          const { messages, controls } = how === 'close' ? caller.finish() : caller.read();

          assert.equal(controls.at(-1)?.opcode, 8);
          const expected = expectedOf(caller);
          if (how === 'close') assert.deepEqual(summary(messages), expected);
          else assert.deepEqual(summary(messages), expected.slice(0, messages.length));
        }
      }
    });
  });
}
