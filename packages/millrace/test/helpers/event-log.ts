import type { ConnectionOwner } from '../../src/protocol/connection/host.ts';
import type { ControlHooks } from '../../src/protocol/receive/read-ahead.ts';
import type {
  ControlHandler,
  FrameHandler,
  MessageHandler,
  StreamingHandler,
  WholeMessageHandler,
} from '../../src/protocol/receive/handlers.ts';
import type { FrameHeader } from '../../src/protocol/wire/frame-header.ts';
import { toHex } from './bytes.ts';

/**
 * Writes down what handlers are told, one line each: `begin 1`, `frame 5 fin`, `data 48 65`, `frame end`, `end`; at level 2
 * `frame: 48 65`; at level 1 `text: Hello` or `message 2: 48 65`; `control 9: 48`; `ping: 48`, `closing`, `ended 1000`, `closed 1000`, …
 */
export class EventLog {
  readonly lines: string[] = [];
  readonly #onLine: (line: string) => void;

  /** @param onLine - is told of each line when it has been written; may pause receiving, or throw */
  constructor(onLine: (line: string) => void = () => undefined) {
    this.#onLine = onLine;
  }

  /** The lines, with the data of a frame on one, however it was cut. */
  get merged(): string[] {
    const merged: string[] = [];
    for (const line of this.lines) {
      const last = merged.at(-1);
      if (line.startsWith('data ') && last?.startsWith('data ') === true)
        merged.push(`${merged.pop() ?? ''} ${line.slice(5)}`);
      else merged.push(line);
    }
    return merged;
  }

  /** Level 3. */
  readonly streaming: StreamingHandler = {
    onMessageBegin: (opcode) => this.add(`begin ${opcode}`),
    onFrameBegin: (header: FrameHeader) => {
      const { payloadLength, reservedBits, fin } = header;
      this.add(`frame ${payloadLength}${reservedBits === 0 ? '' : ` rsv ${reservedBits}`}${fin ? ' fin' : ''}`);
    },
    onFrameData: (chunk) => this.add(`data ${toHex(chunk)}`),
    onFrameEnd: () => this.add('frame end'),
    onMessageEnd: () => this.add('end'),
  };

  /** Level 3, with whole messages. */
  readonly whole: WholeMessageHandler = {
    ...this.streaming,
    onWholeMessage: (payload, opcode) => this.add(`whole ${opcode}: ${toHex(payload)}`),
    onMessageCut: () => this.add('cut'),
  };

  /** Level 2. */
  readonly frames: FrameHandler = {
    onMessageBegin: (opcode) => this.add(`begin ${opcode}`),
    onFrame: (payload, reservedBits) =>
      this.add(`frame:${reservedBits === 0 ? '' : ` rsv ${reservedBits}`} ${toHex(payload)}`),
    onMessageEnd: () => this.add('end'),
  };

  /** Level 1. */
  readonly messages: MessageHandler = {
    onMessage: (payload, opcode) =>
      this.add(typeof payload === 'string' ? `text: ${payload}` : `message ${opcode}: ${toHex(payload)}`),
  };

  /** Control frames, as a reader of frames tells them. */
  readonly controls: ControlHandler = {
    onControlFrame: (opcode, payload, reservedBits) =>
      this.add(`control ${opcode.toString(16)}:${reservedBits === 0 ? '' : ` rsv ${reservedBits}`} ${toHex(payload)}`),
  };

  /** Control frames, as an application is told of them. */
  readonly hooks: ControlHooks = {
    onPing: (payload) => this.add(`ping: ${toHex(payload)}`),
    onPong: (payload) => this.add(`pong: ${toHex(payload)}`),
    onControlFrame: (opcode, payload, reservedBits) => this.controls.onControlFrame(opcode, payload, reservedBits),
  };

  /** All that a connection tells whoever made it. */
  readonly owner: ConnectionOwner = {
    isWorking: false,
    onPong: () => undefined,
    onError: (error) => this.add(`error: ${error.message}`),
    onHighWater: () => this.add('high water'),
    onProgress: () => undefined,
    onDrain: () => this.add('drain'),
    onClosing: () => this.add('closing'),
    onFull: () => this.add('full'),
    onEnded: (closure) => this.add(`ended ${closure.code}`),
    onClosed: (closure) => this.add(`closed ${closure.code}`),
  };

  /** Writes a line. */
  add(line: string): void {
    this.lines.push(line);
    this.#onLine(line);
  }
}
