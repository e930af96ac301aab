import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ENTRY_COST } from '../../../src/protocol/base/costs.ts';
import type { Receiver } from '../../../src/protocol/receive/handlers.ts';
import { HoldReason } from '../../../src/protocol/receive/read-ahead.ts';
import { concat, toHex } from '../../helpers/bytes.ts';
import { frame } from '../../helpers/frames.ts';
import { createRandom } from '../../helpers/random.ts';
import { Receiving } from '../../helpers/receiving.ts';
import { TestTransform, increment, tick } from '../../helpers/transforms.ts';

const LEVELS = ['streaming', 'whole or streaming', 'frame', 'message'] as const;
const REASONS = Object.values(HoldReason);
const READ_AHEAD = 3000;
const LARGEST_CHUNK = 300;

interface SentFrame {
  readonly opcode: number;
  readonly fin: boolean;
  readonly payload: Uint8Array;
  /** Where it begins in the stream, and its payload. */
  readonly start: number;
  readonly payloadStart: number;
  readonly end: number;
  /** The type of the message that it belongs to. */
  readonly type: number;
}

type Random = (below: number) => number;

/** What a peer sends, at random: messages of letters in fragments of all sizes, with Pings among them. */
class Sent {
  readonly frames: SentFrame[] = [];
  readonly bytes: Uint8Array<ArrayBuffer>;

  constructor(random: Random, messages: number) {
    const parts: Uint8Array[] = [];
    let start = 0;
    const add = (opcode: number, type: number, fin: boolean, size: number): void => {
      const payload = Uint8Array.from({ length: size }, () => 0x61 + random(6));
      const bytes = frame({ byte0: (fin ? 0x80 : 0) | opcode, payload });
      const end = start + bytes.length;
      this.frames.push({ opcode, fin, payload, start, payloadStart: end - size, end, type });
      parts.push(bytes);
      start = end;
    };
    for (let message = 0; message < messages; message++) {
      const type = 1 + random(2);
      const fragments = random(3) === 0 ? 1 + random(5) : 1;
      for (let index = 0; index < fragments; index++) {
        const size = random([1, 3, 30, 500][random(4)]!);
        add(index === 0 ? type : 0, type, index === fragments - 1, size);
        if (random(4) === 0) add(9, 0, true, random(20));
      }
    }
    this.bytes = concat(parts);
  }
}

/** What an application is told at a level, as naively as can be; data of a frame on one line. */
function naiveLines(level: Receiver['level'], { frames }: Sent, change: (payload: Uint8Array) => Uint8Array): string[] {
  let message: Uint8Array[] = [];
  return frames.flatMap((each) => {
    const { opcode, fin, payload, type } = each;
    if (opcode === 9) return [`ping: ${toHex(payload)}`];
    message.push(change(payload));
    const whole = concat(message);
    if (fin) message = [];
    if (level !== 'message') return naiveFrameLines(level, each);
    if (!fin) return [];
    return [type === 1 ? `text: ${Buffer.from(whole).toString()}` : `message 2: ${toHex(whole)}`];
  });
}

/** What is told of one frame at a level that is told of frames. */
function naiveFrameLines(level: Receiver['level'], { opcode, fin, payload, type }: SentFrame): string[] {
  const data = payload.length === 0 ? [] : [`data ${toHex(payload)}`];
  const frame = [`frame ${payload.length}${fin ? ' fin' : ''}`, ...data, 'frame end'];
  return [
    ...(opcode === 0 ? [] : [`begin ${type}`]),
    ...(level === 'frame' ? [`frame: ${toHex(payload)}`] : frame),
    ...(fin ? ['end'] : []),
  ];
}

/** Opens what was told as a whole, so that it reads like level 3. */
function openWhole(lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const [, opcode = '', payload = ''] = /^whole (.): (.*)$/.exec(line) ?? [];
    if (opcode === '') return [line];
    const size = payload === '' ? 0 : payload.split(' ').length;
    const data = size === 0 ? [] : [`data ${payload}`];
    return [`begin ${opcode}`, `frame ${size} fin`, ...data, 'frame end', 'end'];
  });
}

/** How much payload a line tells, in bytes. */
function payloadOf(line: string): number {
  const text = /^text: (.*)$/s.exec(line)?.[1];
  if (text !== undefined) return text.length;
  const bytes = /^(?:data|frame:|whole .:|message .:|ping:) ?(.*)$/.exec(line)?.[1] ?? '';
  return bytes === '' ? 0 : bytes.split(' ').length;
}

interface WorldSetup {
  readonly level: Receiver['level'];
  readonly seed: number;
  readonly transforms?: readonly TestTransform[];
  /** Whether Pings are told in the order of messages, or at once. */
  readonly pingsInOrder?: boolean;
}

/** A receiving half to which random things happen. */
class World {
  readonly random: Random;
  readonly sent: Sent;
  readonly receiving: Receiving;
  readonly pings: string[] = [];
  readonly #setup: WorldSetup;
  #fed = 0;
  /** Where the stream was cut. */
  readonly #cuts: number[] = [];
  #turns = 0;
  #toldCost = 0;

  constructor(setup: WorldSetup) {
    const { level, seed, transforms = [] } = setup;
    this.#setup = setup;
    this.random = createRandom(seed);
    this.sent = new Sent(this.random, 12);
    this.receiving = new Receiving({
      level,
      transforms,
      limits: { readAhead: READ_AHEAD },
      onLine: (line) => {
        this.#toldCost += ENTRY_COST + payloadOf(line);
        this.#interfere();
      },
    });
    this.receiving.onControlFrame = (_opcode, payload) => {
      const line = `ping: ${toHex(payload)}`;
      if (setup.pingsInOrder === false) this.pings.push(line);
      else this.receiving.inbound.tellInOrder(payload, () => this.receiving.log.add(line));
    };
  }

  get fed(): number {
    return this.#fed;
  }

  get isOver(): boolean {
    const { inbound } = this.receiving;
    if (this.#setup.transforms?.some(({ jobs }) => jobs.length > 0) === true) return false;
    const isIdle = inbound.isEmpty && !inbound.isWaiting && inbound.wantsInput;
    return isIdle && this.#fed === this.sent.bytes.length;
  }

  step(): void {
    const { inbound } = this.receiving;
    const reason = REASONS[this.random(REASONS.length)]!;
    const actions = [
      () => this.#feed(),
      () => this.#feed(),
      () => inbound.hold(reason),
      () => inbound.release(reason),
      () => inbound.release(reason),
      () => inbound.handOutOne(),
      () => inbound.proceed(),
      () => this.#renewTurn(),
      // Time passes, in which a turn may be over.
      () => (this.receiving.turnTime = this.random(4) === 0 ? 0 : Infinity),
    ];
    actions[this.random(actions.length)]!();
  }

  /** Lets all come, in the end. */
  finish(): void {
    for (const reason of REASONS) this.receiving.inbound.release(reason);
    this.receiving.turnTime = Infinity;
    this.receiving.inbound.renewTurn();
    this.receiving.inbound.proceed();
    this.#feed();
  }

  endJob(): void {
    const transforms = (this.#setup.transforms ?? []).filter(({ jobs }) => jobs.length > 0);
    transforms[this.random(Math.max(transforms.length, 1))]?.jobs[0]?.finish();
  }

  /** What waits for the application by its cost, all told but what is not parsed. */
  waitingCost(): number {
    return this.#parsedCost() - this.#toldCost;
  }

  /** What the frames cost that have come whole, as this level is told of them. */
  #parsedCost(): number {
    const { level } = this.#setup;
    const frames = this.sent.frames.slice(0, this.receiving.inbound.counts.framesReceived);
    let cost = 0;
    let message = 0;
    for (const each of frames) {
      const { opcode, fin, payload } = each;
      if (opcode !== 9) message += payload.length;
      if (opcode === 9) cost += ENTRY_COST + payload.length;
      else if (level === 'message') cost += fin ? ENTRY_COST + message : 0;
      else if (level === 'frame') cost += payload.length + ENTRY_COST * (1 + Number(opcode !== 0) + Number(fin));
      else if (level === 'whole or streaming' && this.#isWhole(each)) cost += payload.length + ENTRY_COST;
      else cost += payload.length + ENTRY_COST * (2 + this.#pieces(each) + Number(opcode !== 0) + Number(fin));
      if (fin && opcode !== 9) message = 0;
    }
    return cost;
  }

  #pieces({ payload, payloadStart, end }: SentFrame): number {
    return payload.length === 0 ? 0 : 1 + this.#cuts.filter((cut) => cut > payloadStart && cut < end).length;
  }

  #isWhole({ opcode, fin, payloadStart, end }: SentFrame): boolean {
    return opcode !== 0 && fin && !this.#cuts.some((cut) => cut >= payloadStart && cut < end);
  }

  #feed(): void {
    const { inbound } = this.receiving;
    if (!inbound.wantsInput || this.#fed === this.sent.bytes.length) return;
    const end = this.#fed + 1 + this.random(this.random(2) === 0 ? 4 : LARGEST_CHUNK);
    const chunk = this.sent.bytes.slice(this.#fed, end);
    this.#fed += chunk.length;
    this.#cuts.push(this.#fed);
    this.receiving.feed([chunk]);
  }

  #renewTurn(): void {
    if (this.receiving.turnsRequested === this.#turns) return;
    this.#turns = this.receiving.turnsRequested;
    this.receiving.inbound.renewTurn();
  }

  /** What a handler may do when it is called. */
  #interfere(): void {
    const { inbound } = this.receiving;
    const reason = REASONS[this.random(REASONS.length)]!;
    const action = this.random(12);
    if (action === 0) inbound.hold(reason);
    if (action === 1) inbound.release(reason);
    if (action === 2) assert.equal(inbound.handOutOne(), false);
    if (action === 3) inbound.proceed();
  }
}

const SEEDS = Array.from({ length: 60 }, (_, index) => index + 1);

/** What may wait at most: the limit, what a chunk brings, and the calls that belong together. */
const BOUNDS: Record<Receiver['level'], number> = {
  streaming: READ_AHEAD + LARGEST_CHUNK + 3 * ENTRY_COST,
  'whole or streaming': READ_AHEAD + LARGEST_CHUNK + 4 * ENTRY_COST,
  frame: 2 * READ_AHEAD + LARGEST_CHUNK + 3 * ENTRY_COST,
  message: 2 * READ_AHEAD + LARGEST_CHUNK + 3 * ENTRY_COST,
};

describe('Inbound, to which random things happen', () => {
  for (const level of LEVELS) {
    it(`tells all in order, and has little wait, at the level '${level}'`, () => {
      for (const seed of SEEDS) {
        const world = new World({ level, seed });
        let steps = 0;
        for (; !world.isOver; steps++) {
          if (steps < 400) world.step();
          else world.finish();
          assert.ok(steps < 2000, `seed ${seed}: it goes on`);
          const cost = world.waitingCost();
          assert.ok(cost <= BOUNDS[level], `seed ${seed}: ${cost} wait`);
        }
        world.finish();

        const { log, errors, inbound } = world.receiving;
        log.lines.splice(0, Infinity, ...openWhole(log.lines));
        assert.deepEqual(
          log.merged,
          naiveLines(level, world.sent, (payload) => payload),
          `seed ${seed}`,
        );
        assert.deepEqual(errors, []);
        assert.equal(inbound.bytesDiscarded, 0);
      }
    });

    it(`has Pings overtake what waits, at the level '${level}'`, () => {
      for (const seed of SEEDS) {
        const world = new World({ level, seed, pingsInOrder: false });
        for (let steps = 0; !world.isOver; steps++) {
          if (steps < 200) world.step();
          else world.finish();
        }
        world.finish();

        const all = naiveLines(level, world.sent, (payload) => payload);
        const { log } = world.receiving;
        log.lines.splice(0, Infinity, ...openWhole(log.lines));
        const isPing = (line: string): boolean => line.startsWith('ping');
        assert.deepEqual(
          world.pings,
          all.filter((line) => isPing(line)),
        );
        assert.deepEqual(
          log.merged,
          all.filter((line) => !isPing(line)),
        );
      }
    });

    it(`keeps account of each byte, whenever it is stopped, at the level '${level}'`, () => {
      for (const seed of SEEDS) {
        const world = new World({ level, seed, pingsInOrder: false });
        for (let steps = 0; steps < 1 + (seed % 100); steps++) world.step();
        const { inbound, log } = world.receiving;

        inbound.stop();
        inbound.drop();

        const told = log.lines.reduce((size, line) => size + payloadOf(line), 0);
        const frames = world.sent.frames.slice(0, inbound.counts.framesReceived);
        const others = frames.reduce(
          (size, each) => size + (each.opcode === 9 ? each.end : each.payloadStart) - each.start,
          0,
        );
        const missing = world.fed - inbound.bytesDiscarded - told - others;
        // Of the frame that has begun, its header; of a Ping, what came.
        assert.ok(missing >= 0 && missing <= 24, `seed ${seed}: ${missing} bytes are nowhere`);
      }
    });
  }

  it('keeps the order through transforms that take their time', async () => {
    for (const seed of SEEDS) {
      const random = createRandom(seed);
      const transforms = Array.from(
        { length: 1 + random(3) },
        () =>
          new TestTransform({
            change: increment,
            keepsAll: random(2) === 0,
            pieceSize: 1 + random(100),
            isLater: () => random(3) === 0,
          }),
      );
      const world = new World({ level: 'message', seed, transforms });
      for (let steps = 0; !world.isOver; steps++) {
        if (steps < 400) world.step();
        else world.finish();
        if (random(3) === 0 || steps >= 400) {
          world.endJob();
          await tick();
        }
        assert.ok(steps < 20_000, `seed ${seed}: it goes on`);
      }
      world.finish();

      const change = (payload: Uint8Array): Uint8Array => transforms.reduce((bytes) => increment(bytes), payload);
      assert.deepEqual(world.receiving.log.lines, naiveLines('message', world.sent, change), `seed ${seed}`);
    }
  });
});
