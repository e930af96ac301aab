import { LimitExceededError, RemoteProtocolError } from 'millrace';

/** What `ws` says of something that a peer did wrong. */
interface Told {
  readonly code: string;
  readonly message: string;
  readonly isRangeError?: boolean;
  /** That of zlib. */
  readonly errno?: number;
}

const INVALID_FRAME = 'Invalid WebSocket frame: ';

/** The longest payload whose length a number can tell exactly. */
const LONGEST_PAYLOAD = Number.MAX_SAFE_INTEGER;

/** Of the three reserved bits, the highest. */
const RSV1 = 4;

const LONGEST_CONTROL = 125;

/** What zlib says of data that is none of its own. */
const Z_DATA_ERROR = -3;

type Frame = NonNullable<RemoteProtocolError['frame']>;

/** A rule in the words of `ws`, and whether a frame breaks it. */
interface Rule {
  readonly code: string;
  readonly isBroken: (frame: Frame, broken: string) => boolean;
  readonly message: (frame: Frame) => string;
}

/** The rules in the order of `ws`, which tells of the first that is broken; `broken` is what the engine says. */
const RULES: readonly Rule[] = [
  {
    code: 'WS_ERR_UNEXPECTED_RSV_2_3',
    isBroken: ({ reservedBits }) => (reservedBits & ~RSV1) !== 0,
    message: () => 'RSV2 and RSV3 must be clear',
  },
  {
    code: 'WS_ERR_UNEXPECTED_RSV_1',
    isBroken: ({ opcode, reservedBits }, broken) =>
      reservedBits !== 0 && (broken === 'reserved bit set' || opcode === 0 || opcode > 2),
    message: () => 'RSV1 must be clear',
  },
  {
    code: 'WS_ERR_INVALID_OPCODE',
    isBroken: ({ opcode }, broken) =>
      (opcode > 2 && opcode < 8) || opcode > 10 || broken.startsWith('continuation') || broken.startsWith('message'),
    message: ({ opcode }) => `invalid opcode ${opcode}`,
  },
  {
    code: 'WS_ERR_EXPECTED_FIN',
    isBroken: ({ opcode, fin }) => opcode > 7 && !fin,
    message: () => 'FIN must be set',
  },
  {
    code: 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
    isBroken: ({ opcode, payloadLength }) =>
      (opcode > 7 && payloadLength > LONGEST_CONTROL) || (opcode === 8 && payloadLength === 1),
    message: ({ payloadLength }) => `invalid payload length ${toSevenBits(payloadLength)}`,
  },
  {
    code: 'WS_ERR_EXPECTED_MASK',
    isBroken: (_, broken) => broken === 'unmasked frame',
    message: () => 'MASK must be set',
  },
  {
    code: 'WS_ERR_UNEXPECTED_MASK',
    isBroken: (_, broken) => broken === 'masked frame',
    message: () => 'MASK must be clear',
  },
];

/** The error that a program written for `ws` expects for what a peer did wrong. Its `cause` is the engine's. */
export function toWsError(error: RemoteProtocolError): Error {
  const { code, message, isRangeError = true, errno } = tell(error);
  const made = isRangeError ? new RangeError(message, { cause: error }) : new Error(message, { cause: error });
  return Object.assign(made, errno === undefined ? { code } : { code, errno });
}

/** The error for a message of more frames than `maxFragments`. */
export function tooManyFragments(limit: number, size: number): LimitExceededError {
  return new LimitExceededError({ option: 'maxFragments', limit, size }, 1008);
}

function tell(error: RemoteProtocolError): Told {
  if (error instanceof LimitExceededError) return tellOfLimit(error);
  const { closeReason, closeCode, frame } = error;
  if (frame !== undefined) {
    const rule = RULES.find(({ isBroken }) => isBroken(frame, closeReason));
    // Lengths that are not in their shortest form: `ws` takes them.
    if (rule === undefined) return { code: 'WS_ERR_INVALID_PAYLOAD_LENGTH', message: INVALID_FRAME + closeReason };
    return { code: rule.code, message: INVALID_FRAME + rule.message(frame) };
  }
  const [, status] = /^close code (\d+)$/.exec(closeReason) ?? [];
  if (status !== undefined) {
    return { code: 'WS_ERR_INVALID_CLOSE_CODE', message: `${INVALID_FRAME}invalid status code ${status}` };
  }
  if (closeCode === 1007 && error.rule.startsWith('RFC 7692')) {
    return { code: 'Z_DATA_ERROR', errno: Z_DATA_ERROR, message: error.message, isRangeError: false };
  }
  if (closeCode === 1007) {
    return { code: 'WS_ERR_INVALID_UTF8', message: `${INVALID_FRAME}invalid UTF-8 sequence`, isRangeError: false };
  }
  return { code: error.code, message: error.message, isRangeError: false };
}

function tellOfLimit({ option, size }: LimitExceededError): Told {
  if (option === 'maxFragments') {
    return { code: 'WS_ERR_TOO_MANY_BUFFERED_PARTS', message: 'Too many message fragments' };
  }
  if (size > LONGEST_PAYLOAD) {
    const message = 'Unsupported WebSocket frame: payload length > 2^53 - 1';
    return { code: 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH', message };
  }
  return { code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', message: 'Max payload size exceeded' };
}

/** What stands in the seven bits of the header for a length. */
function toSevenBits(length: number): number {
  if (length <= LONGEST_CONTROL) return length;
  return length < 65_536 ? 126 : 127;
}
