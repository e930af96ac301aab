/** Who receives or sends, in the process that is looked at. The first word says which façade, the rest how. */
export const FACADES = [
  'classes, messages',
  'classes, frames',
  'classes, streaming',
  'callbacks',
  'async function, whole messages',
  'async function, chunks',
  'async function, frames',
  'duplex',
  'WebSocketStream',
  'WebSocket',
] as const;

/** One of {@link FACADES}. */
export type Facade = (typeof FACADES)[number];

/** Sizes of messages and frames, in bytes. */
export const SIZES: readonly number[] = [0, 1, 100, 16 * 1024];

/** One situation: somebody floods or sends as fast as can be, and somebody is slow, or nobody. */
export interface Cell {
  readonly facade: Facade;
  readonly direction: 'receiving' | 'sending';
  /** What comes: messages of one frame, or the frames of one message without end. */
  readonly unit: 'messages' | 'frames';
  /** Payload of each, in bytes. */
  readonly size: number;
  /**
   * - `nobody`: the application returns at once, the peer reads all
   * - `application`: it takes one message, or a piece of it, and never returns
   * - `peer`: it reads nothing, and the application waits where it is told to
   * - `peer, unheeded`: it reads nothing, and the application waits for nothing
   */
  readonly slow: 'nobody' | 'application' | 'peer' | 'peer, unheeded';
  readonly connections: number;
}

/** What can be sent in frames: everything but the interfaces of the web, and streams of Node. */
const SENDS_FRAMES: readonly Facade[] = ['classes, frames', 'async function, frames'];

/** What sends in ways of its own; the levels of receiving send alike. */
const SENDERS: readonly Facade[] = [
  'classes, messages',
  'callbacks',
  'async function, whole messages',
  'duplex',
  'WebSocketStream',
  'WebSocket',
];

/** What hears of messages whether it is ready or not. */
const CANNOT_BE_SLOW: readonly Facade[] = ['WebSocket'];

/** What is not told to wait. */
const CANNOT_WAIT: readonly Facade[] = ['WebSocket'];

/** What has a queue of the platform in front of us, which is as long as whoever does not heed it makes it. */
const HAS_TO_WAIT: readonly Facade[] = ['duplex', 'WebSocketStream'];

/** All cells that make sense. */
export function allCells(): Cell[] {
  return [...receivingCells(), ...sendingCells(), ...crowds()];
}

/** What a cell is called. */
export function titleOf({ facade, direction, unit, size, slow, connections }: Cell): string {
  const crowd = connections === 1 ? '' : `${String(connections)} connections, `;
  return `${crowd}${direction}, ${facade}: ${unit} of ${String(size)} bytes, slow: ${slow}`;
}

function receivingCells(): Cell[] {
  const units = ['messages', 'frames'] as const;
  return FACADES.flatMap((facade) =>
    units.flatMap((unit) =>
      SIZES.flatMap((size) =>
        (['nobody', 'application'] as const)
          .filter((slow) => slow === 'nobody' || !CANNOT_BE_SLOW.includes(facade))
          .map((slow): Cell => ({ facade, direction: 'receiving', unit, size, slow, connections: 1 })),
      ),
    ),
  );
}

function sendingCells(): Cell[] {
  return [...SENDERS, ...SENDS_FRAMES].flatMap((facade) =>
    SIZES.flatMap((size) =>
      (['peer', 'peer, unheeded'] as const)
        .filter((slow) => !(slow === 'peer' ? CANNOT_WAIT : HAS_TO_WAIT).includes(facade))
        .map((slow): Cell => {
          const unit = SENDS_FRAMES.includes(facade) ? 'frames' : 'messages';
          return { facade, direction: 'sending', unit, size, slow, connections: 1 };
        }),
    ),
  );
}

/** Ten peers at once that flood: how long does one of them hold up the process? */
function crowds(): Cell[] {
  const facades: readonly Facade[] = ['classes, messages', 'callbacks', 'async function, whole messages'];
  return facades.flatMap((facade) =>
    [1, 16 * 1024].map((size): Cell => {
      return { facade, direction: 'receiving', unit: 'messages', size, slow: 'nobody', connections: 10 };
    }),
  );
}
