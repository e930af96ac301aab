import type { ConformanceCase, Expected } from '../model/case.ts';
import type { Cut, FrameSpec } from '../model/frame.ts';
import { binary, close, continuation, echoed, numbered, ping, pong, text, violation, type CaseSeed } from './dsl.ts';

const ALL_BITS = [1, 2, 3, 4, 5, 6, 7] as const;
const DATA_OPCODES = [3, 4, 5, 6, 7] as const;
const CONTROL_OPCODES = [0xb, 0xc, 0xd, 0xe, 0xf] as const;

const HELLO = 'Hello, world!';
const FIRST_ECHO: readonly Expected[] = [echoed('text', HELLO)];

interface Placed {
  readonly title: string;
  readonly frame: FrameSpec;
  /** Whether a message comes before, and a ping after. */
  readonly between?: boolean;
  readonly cut?: Cut;
}

/** Bits as in Autobahn|Testsuite's group 3. */
const BITS: readonly Placed[] = [
  { title: 'RSV3 on a text frame', frame: text(HELLO, { reservedBits: 1 }) },
  { title: 'RSV2 on a text frame, after a message', frame: text(HELLO, { reservedBits: 2 }), between: true },
  {
    title: 'RSV2 and RSV3 on a text frame, after a message',
    frame: text(HELLO, { reservedBits: 3 }),
    between: true,
    cut: { every: 19 },
  },
  {
    title: 'RSV1 on a text frame, byte by byte',
    frame: text(HELLO, { reservedBits: 4 }),
    between: true,
    cut: { every: 1 },
  },
  { title: 'RSV1 and RSV3 on a binary frame', frame: binary('00 ff fe fd fc fb 00 ff', { reservedBits: 5 }) },
  { title: 'RSV1 and RSV2 on a ping', frame: ping(HELLO, { reservedBits: 6 }) },
  { title: 'all reserved bits on a Close', frame: close(1000, '', { reservedBits: 7 }) },
];

function reservedBit({ title, frame, between, cut }: Placed): CaseSeed {
  const frames = between === true ? [text(HELLO), frame, ping('behind')] : [frame];
  return {
    title,
    section: '§5.2',
    description: `Reserved bits ${String(frame.reservedBits)} (of RSV1 = 4, RSV2 = 2, RSV3 = 1) are set, and no extension gives them a meaning.`,
    ...violation(frames, 1002, between === true ? FIRST_ECHO : [], { cut }),
  };
}

function bitsOn(name: string, make: (reservedBits: number) => FrameSpec[]): CaseSeed[] {
  return ALL_BITS.map((reservedBits) => ({
    title: `reserved bits ${reservedBits.toString(2).padStart(3, '0')} on ${name}`,
    section: '§5.2',
    description: `The bits RSV1, RSV2 and RSV3 of ${name} are ${reservedBits.toString(2).padStart(3, '0')}, and no extension gives them a meaning.`,
    ...violation(make(reservedBits), 1002),
  }));
}

/** Opcodes as in Autobahn|Testsuite's group 4: alone, with payload, after a message, in pieces. */
function opcodeCases(opcodes: readonly number[]): CaseSeed[] {
  return opcodes.map((opcode, index) => {
    const frame = { opcode, payload: { text: index % 2 === 1 ? 'reserved opcode payload' : '' } };
    const between = index >= 2;
    const cut = index === 4 ? { every: 1 } : undefined;
    return {
      title: `reserved opcode 0x${opcode.toString(16).toUpperCase()}`,
      section: '§5.2',
      description: `A frame with the reserved opcode 0x${opcode.toString(16).toUpperCase()}${between ? ' after a message and before a ping' : ''}.`,
      ...violation(between ? [text(HELLO), frame, ping('behind')] : [frame], 1002, between ? FIRST_ECHO : [], { cut }),
    };
  });
}

function opcodesInside(opcodes: readonly number[], fin: boolean): CaseSeed[] {
  return opcodes.map((opcode) => ({
    title: `reserved opcode 0x${opcode.toString(16).toUpperCase()} inside a message`,
    section: '§5.2',
    description: `Between the fragments of a text message stands a frame with the reserved opcode 0x${opcode.toString(16).toUpperCase()}.`,
    ...violation([text('fragment', { fin: false }), { opcode, fin }, continuation('end')], 1002),
  }));
}

const firstFragments: CaseSeed[] = DATA_OPCODES.map((opcode) => ({
  title: `reserved opcode 0x${opcode.toString(16)} without FIN`,
  section: '§5.2',
  description: `A fragmented message begins with the reserved opcode 0x${opcode.toString(16)}.`,
  ...violation([{ opcode, fin: false, payload: { text: 'fragment' } }], 1002),
}));

/** Groups 3 and 4. */
export const RESERVED: readonly ConformanceCase[] = [
  ...numbered('3', BITS.map(reservedBit)),
  ...numbered(
    '3.8',
    bitsOn('an empty text frame', (reservedBits) => [text('', { reservedBits })]),
  ),
  ...numbered(
    '3.9',
    bitsOn('a continuation', (reservedBits) => [text('one', { fin: false }), continuation('two', { reservedBits })]),
  ),
  ...numbered(
    '3.10',
    bitsOn('a ping', (reservedBits) => [ping('bits', { reservedBits })]),
  ),
  ...numbered(
    '3.11',
    bitsOn('a pong', (reservedBits) => [pong('bits', { reservedBits })]),
  ),
  ...numbered(
    '3.12',
    bitsOn('a Close', (reservedBits) => [close(1000, 'bye', { reservedBits })]),
  ),
  ...numbered(
    '3.13',
    bitsOn('a ping inside a message', (reservedBits) => [text('one', { fin: false }), ping('p', { reservedBits })]),
  ),
  ...numbered('4.1', opcodeCases(DATA_OPCODES)),
  ...numbered('4.2', opcodeCases(CONTROL_OPCODES)),
  ...numbered('4.3', firstFragments),
  ...numbered('4.4', [...opcodesInside(DATA_OPCODES, true), ...opcodesInside(CONTROL_OPCODES, true)]),
];
