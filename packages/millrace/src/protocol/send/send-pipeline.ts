import { ENTRY_COST } from '../base/costs.ts';
import { LocalUsageError, toError } from '../base/errors.ts';
import { Fifo } from '../base/fifo.ts';
import { isPromise } from '../base/promise.ts';
import type { SendTransform } from '../base/transform.ts';
import { NOTHING } from '../base/nothing.ts';
import type { TextCodec } from '../wire/text-codec.ts';
import {
  formatOfCopy,
  type FrameFormat,
  type GivenFormat,
  type MessageOutput,
  type OpenFormat,
  type QueuedEntry,
} from './message-output.ts';
import { OpenMessage } from './open-message.ts';
import type { PreparedMessage } from './prepared-message.ts';
import type { Scheduler } from './scheduler.ts';
import { SLICE, Transformation } from './transformation.ts';

/** Up to this many bytes, a payload that has to wait is copied, so that whoever gave it has it back. */
const LARGEST_COPY = 64 * 1024;

/** What a {@link SendPipeline} works with. */
export interface SendPipelineSetup {
  readonly scheduler: Scheduler;
  /** What all messages go through, unless it says otherwise. */
  readonly transform: SendTransform;
  readonly text: TextCodec;
  readonly fragmentSize: number;
  readonly now: () => number;
  /** Whether the transport has enough to do, so that more output is better made later. */
  readonly isFull: () => boolean;
  readonly listener: SendPipelineListener;
}

/** Learns of what happens in a {@link SendPipeline}. */
export interface SendPipelineListener {
  /** A message was given completely: the next one can begin. */
  onMessageSent(): void;
  /** A transform has failed, or a payload was lost. */
  onSendError(error: Error): void;
  onPayloadLost(size: number): void;
  /** There may be output, outside of any call. */
  onLaterOutput(): void;
}

/** Something that waits behind a message that takes time. */
interface Operation {
  readonly run: () => void;
  readonly size: number;
  /** The open message that it belongs to, by number. */
  readonly message: number | undefined;
  readonly lose?: ((error: Error) => void) | undefined;
}

/**
 * Has messages go through the transforms of extensions before they become frames. Its callers need not know that this may take time: what they do meanwhile waits,
 * and is done in order. Control frames do not come this way.
 */
export class SendPipeline implements MessageOutput {
  readonly #setup: SendPipelineSetup;
  readonly #scheduler: Scheduler;
  readonly #transformation: Transformation;
  readonly #waiting = new Fifo<Operation>();
  #waitingSize = 0;
  readonly #open = new OpenMessage();
  /** Counts the open messages. */
  #openNumber = 0;
  /** Whether what is done now belongs to the open message, and whether that goes through the transforms. */
  #openFate: 'waiting' | 'plain' | 'transformed' = 'plain';
  #isAdvancing = false;
  #lostSize = 0;
  /** Whoever waits for something that will not be sent. */
  #lost: ((error: Error) => void)[] = [];

  constructor(setup: SendPipelineSetup) {
    this.#setup = setup;
    this.#scheduler = setup.scheduler;
    this.#transformation = new Transformation({
      scheduler: setup.scheduler,
      transform: setup.transform,
      isFull: setup.isFull,
      now: setup.now,
      onPayloadLost: (size, lose) => this.#losePayload(size, lose),
      onJobBegun: () => undefined,
      onJobEnded: (proceed) => {
        this.#advance(proceed);
        setup.listener.onLaterOutput();
      },
    });
  }

  get insideMessage(): boolean {
    return this.#open.insideMessage;
  }

  get insideFrame(): boolean {
    return this.#open.insideFrame;
  }

  get isFirstFrame(): boolean {
    return this.#open.isFirstFrame;
  }

  get missing(): number {
    return this.#open.missing;
  }

  get pendingSize(): number {
    return this.#waitingSize + this.#transformation.pendingSize;
  }

  get pendingCost(): number {
    return this.pendingSize + this.#waiting.size * ENTRY_COST;
  }

  get lostSize(): number {
    return this.#lostSize;
  }

  get deadline(): number {
    return this.#transformation.jobs.deadline;
  }

  /** Payload of messages that have gone through the transforms, before and after, in bytes. */
  get counts(): { readonly uncompressedBytesSent: number; readonly compressedBytesSent: number } {
    const { bytesBefore, bytesAfter } = this.#transformation;
    return { uncompressedBytesSent: bytesBefore, compressedBytesSent: bytesAfter };
  }

  get isIdle(): boolean {
    return !this.#isAdvancing && !this.#transformation.isBusy && this.#waiting.size === 0;
  }

  takesAtOnce(size: number): boolean {
    return size <= (this.isIdle ? SLICE : LARGEST_COPY);
  }

  sendMessage(payload: string | Uint8Array, format: GivenFormat): QueuedEntry | undefined {
    if (this.isIdle) {
      this.#advance(() => this.#sendMessage(payload, payload.length, format));
      return undefined;
    }
    const bytes = typeof payload === 'string' ? this.#setup.text.encode(payload) : payload;
    const { length } = bytes;
    if (typeof payload === 'string' || length <= LARGEST_COPY) {
      const copy = typeof payload === 'string' ? bytes : new Uint8Array(bytes);
      const run = (): void => this.#sendMessage(copy, length, formatOfCopy(format));
      const entry = this.#put({ run, size: length, message: undefined });
      format.onTaken?.();
      return entry;
    }
    const view = new Uint8Array(bytes.buffer, bytes.byteOffset, length);
    const run = (): void => this.#sendMessage(view, length, format);
    return this.#put({ run, size: length, message: undefined, lose: format.onLost });
  }

  sendPreparedMessage(message: PreparedMessage): QueuedEntry | undefined {
    const run = (): void => this.#sendPrepared(message);
    if (!this.isIdle) return this.#put({ run, size: message.payload.length, message: undefined });
    this.#advance(run);
    return undefined;
  }

  beginMessage(opcode: number, { compress }: OpenFormat = {}): void {
    this.#open.begin();
    this.#openNumber++;
    this.#openFate = 'waiting';
    this.#giveOpen(() => {
      const { fragmentSize } = this.#setup;
      const message = { opcode, reservedBits: 0, compress, length: undefined };
      const isTransformed = this.#transformation.begin(message, fragmentSize);
      this.#openFate = isTransformed ? 'transformed' : 'plain';
      if (!isTransformed) this.#scheduler.beginMessage(opcode);
    }, 0);
  }

  sendFrame(payload: Uint8Array, format: FrameFormat = {}): void {
    this.expectMessage('sendMessageFrame');
    const { final = false } = format;
    this.#open.takeFrame(final);
    this.#giveBytes(payload, (bytes, isOwn) => {
      if (!this.#transformation.hasMessage) {
        this.#scheduler.sendFrame(bytes, format);
        return;
      }
      this.#transformation.addReservedBits(format.reservedBits ?? 0);
      const signal = final ? 'end' : 'flush';
      this.#transformation.start({ payload: bytes, size: bytes.length, isOwn, signal, onFramed: format.onFramed });
    });
    this.#tellIfSent();
  }

  beginFrame(length: number | bigint, format: FrameFormat = {}): void {
    this.expectMessage('beginMessageFrame');
    if (this.#openFate === 'transformed') {
      throw new LocalUsageError(
        'beginMessageFrame: an extension changes the message, so that the length of a frame cannot be declared',
      );
    }
    this.#open.beginFrame(length, format.final ?? false);
    const isEnd = !this.#open.insideMessage;
    this.#giveOpen(() => {
      if (!this.#transformation.hasMessage) this.#scheduler.beginFrame(length, format);
      else if (isEnd) this.#transformation.start({ payload: NOTHING, size: 0, isOwn: true, signal: 'end' });
    }, 0);
    this.#tellIfSent();
  }

  sendFrameData(payload: Uint8Array): number {
    const fitting = this.#open.takeFrameData(payload.length);
    const isEnd = !this.#open.insideMessage;
    const { missing } = this.#open;
    if (fitting > 0) {
      this.#giveBytes(payload.subarray(0, fitting), (bytes, isOwn) => {
        if (!this.#transformation.hasMessage) this.#scheduler.sendFrameData(bytes);
        else this.#transformation.start({ payload: bytes, size: bytes.length, isOwn, signal: isEnd ? 'end' : 'flush' });
      });
    }
    this.#tellIfSent();
    return missing > 0 ? missing : fitting - payload.length;
  }

  endMessage(): void {
    if (!this.#open.end()) return;
    this.#giveOpen(() => {
      if (!this.#transformation.hasMessage) this.#scheduler.endMessage();
      else this.#transformation.start({ payload: NOTHING, size: 0, isOwn: true, signal: 'end' });
    }, 0);
    this.#tellIfSent();
  }

  withdrawOpen(): boolean {
    if (this.#openFate !== 'waiting' || !this.#open.insideMessage || this.#open.insideFrame) return false;
    this.#forgetOpen();
    this.#open.abandon();
    return true;
  }

  expectMessage(method: string): void {
    this.#open.expectMessage(method);
  }

  expectFrame(): void {
    this.#open.expectFrame();
  }

  abandon(body: Uint8Array): void {
    if (this.#open.insideMessage) this.#abandonOpen();
    this.#give(() => void this.#scheduler.abandon(body), body.length, undefined);
  }

  cutOpenFrame(): boolean {
    this.#open.abandon();
    this.#openFate = 'plain';
    for (const { lose } of this.#waiting.takeAll()) if (lose !== undefined) this.#lost.push(lose);
    this.#waitingSize = 0;
    const lose = this.#transformation.cancel()?.onLost;
    if (lose !== undefined) this.#lost.push(lose);
    return this.#scheduler.cutOpenFrame();
  }

  proceed(): void {
    // Nothing else would end: whoever calls this is called for what it has done.
    if (!this.#transformation.isStalled || this.#isAdvancing || this.#setup.isFull()) return;
    this.#advance(() => this.#transformation.proceed());
    this.#setup.listener.onLaterOutput();
  }

  end(error: Error): void {
    this.#transformation.jobs.close();
    this.cutOpenFrame();
    for (const lose of this.#lost.splice(0)) lose(error);
  }

  /** A message that is open can wait; what waits of it does so no more. */
  #abandonOpen(): void {
    const isRunning = this.#openFate !== 'waiting';
    this.#forgetOpen();
    if (isRunning && this.#transformation.hasMessage) this.#transformation.cancel();
    // A frame on the wire is completed before Close.
    if (!isRunning || !this.#scheduler.insideFrame) this.#open.abandon();
  }

  #forgetOpen(): void {
    for (const { size } of this.#waiting.takeAll(({ message }) => message === this.#openNumber)) {
      this.#waitingSize -= size;
    }
  }

  #tellIfSent(): void {
    if (!this.#open.insideMessage) this.#setup.listener.onMessageSent();
  }

  /** Does something now, or when it is its turn. */
  #give(run: () => void, size: number, message: number | undefined): void {
    if (this.isIdle) this.#advance(run);
    else this.#put({ run, size, message });
  }

  #giveOpen(run: () => void, size: number): void {
    this.#give(run, size, this.#openNumber);
  }

  /** Does the same with payload of the open message, which is copied if it has to wait. */
  #giveBytes(payload: Uint8Array, run: (bytes: Uint8Array, isOwn: boolean) => void): void {
    if (this.isIdle && (payload.length <= SLICE || this.#openFate === 'plain')) {
      this.#advance(() => run(payload, false));
      return;
    }
    const copy = new Uint8Array(payload);
    this.#giveOpen(() => run(copy, true), copy.length);
  }

  #put(operation: Operation): QueuedEntry {
    this.#waitingSize += operation.size;
    const entry = this.#waiting.put(operation);
    return {
      withdraw: () => {
        const waited = this.#waiting.remove(entry);
        if (waited) this.#waitingSize -= operation.size;
        return waited;
      },
    };
  }

  /** Does something, and what waits behind it. */
  #advance(first: () => void): void {
    this.#isAdvancing = true;
    try {
      first();
      while (!this.#transformation.isBusy) {
        const next = this.#waiting.take();
        if (next === undefined) break;
        this.#waitingSize -= next.size;
        next.run();
      }
    } catch (error) {
      this.#isAdvancing = false;
      this.#setup.listener.onSendError(toError(error));
    }
    this.#isAdvancing = false;
  }

  /** A payload was detached or shrunk before it could be sent: whoever waits for it learns so when the connection has ended. */
  #losePayload(size: number, lose: GivenFormat['onLost']): void {
    this.#lostSize += size;
    if (lose !== undefined) this.#lost.push(lose);
    this.#setup.listener.onPayloadLost(size);
  }

  #sendMessage(given: string | Uint8Array, size: number, format: GivenFormat): void {
    if (given.length !== size) {
      this.#losePayload(size, format.onLost);
      return;
    }
    const { opcode, reservedBits = 0, compress, fragmentSize = this.#setup.fragmentSize } = format;
    const payload = typeof given === 'string' ? this.#setup.text.encode(given) : given;
    const { length } = payload;
    if (!this.#transformation.begin({ opcode, reservedBits, compress, length }, fragmentSize)) {
      this.#scheduler.sendMessage(payload, format);
      return;
    }
    const { onTaken, onLost, onFramed } = format;
    const isOwn = typeof given === 'string';
    this.#transformation.start({ payload, size: length, isOwn, signal: 'end', onTaken, onLost, onFramed });
  }

  #sendPrepared(message: PreparedMessage): void {
    const { payload, format } = message;
    const { opcode, compress } = format;
    const { shared } = this.#setup.transform;
    const outgoing = { opcode, reservedBits: 0, compress, length: payload.length };
    if (shared === undefined) {
      if (!this.#transformation.begin(outgoing, Infinity)) this.#scheduler.sendPreparedMessage(message);
      else this.#transformation.start({ payload, size: payload.length, isOwn: false, signal: 'end' });
      return;
    }
    const bits = this.#setup.transform.begin(outgoing);
    if (bits === undefined) {
      this.#scheduler.sendPreparedMessage(message);
      return;
    }
    const send = (variant: PreparedMessage): void => {
      shared.onSent();
      this.#transformation.bytesBefore += payload.length;
      this.#transformation.bytesAfter += variant.payload.length;
      this.#scheduler.sendPreparedMessage(variant);
    };
    const variant = message.transformedBy(shared, bits);
    if (!isPromise(variant)) send(variant);
    else this.#transformation.jobs.run<PreparedMessage>(() => variant, send);
  }
}
