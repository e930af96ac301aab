import { LimitExceededError, RemoteProtocolError } from 'millrace';

/** What `ws` says of something that a peer did wrong. */
interface Told {
  readonly code: string;
  readonly message: string;
  readonly isRangeError?: boolean;
}

const INVALID_FRAME = 'Invalid WebSocket frame: ';

/** The longest payload whose length a number can tell exactly. */
const LONGEST_PAYLOAD = Number.MAX_SAFE_INTEGER;

/** What the first frame of a message, and a frame, may have. RSV1 is the highest of the three bits. */
const RSV1 = 4;

/** The rules of frames by what the engine says of them. */
const FRAME_RULES: Readonly<Record<string, (frame: NonNullable<RemoteProtocolError['frame']>) => Told>> = {
  'unmasked frame': () => ({ code: 'WS_ERR_EXPECTED_MASK', message: 'MASK must be set' }),
  'masked frame': () => ({ code: 'WS_ERR_UNEXPECTED_MASK', message: 'MASK must be clear' }),
  'reserved bit set': ({ reservedBits }) =>
    (reservedBits & ~RSV1) === 0
      ? { code: 'WS_ERR_UNEXPECTED_RSV_1', message: 'RSV1 must be clear' }
      : { code: 'WS_ERR_UNEXPECTED_RSV_2_3', message: 'RSV2 and RSV3 must be clear' },
  'fragmented control frame': () => ({ code: 'WS_ERR_EXPECTED_FIN', message: 'FIN must be set' }),
  'control frame over 125 bytes': invalidControlLength,
  'Close body of 1 byte': invalidControlLength,
  'continuation of no message': invalidOpcode,
  'message inside an unfinished message': invalidOpcode,
};

/** The error that a program written for `ws` expects for what a peer did wrong. Its `cause` is the engine's. */
export function toWsError(error: RemoteProtocolError): Error {
  const { code, message, isRangeError = true } = tell(error);
  const made = isRangeError ? new RangeError(message, { cause: error }) : new Error(message, { cause: error });
  return Object.assign(made, { code });
}

/** The error for a message of more frames than `maxFragments`. */
export function tooManyFragments(limit: number, size: number): LimitExceededError {
  return new LimitExceededError({ option: 'maxFragments', limit, size }, 1008);
}

function tell(error: RemoteProtocolError): Told {
  if (error instanceof LimitExceededError) return tellOfLimit(error);
  const { closeReason, closeCode, frame } = error;
  if (frame !== undefined) {
    const rule = FRAME_RULES[closeReason] ?? (closeReason.startsWith('reserved opcode') ? invalidOpcode : undefined);
    if (rule === undefined) return { code: 'WS_ERR_INVALID_FRAME', message: INVALID_FRAME + closeReason };
    const { code, message } = rule(frame);
    return { code, message: INVALID_FRAME + message };
  }
  const [, status] = /^close code (\d+)$/.exec(closeReason) ?? [];
  if (status !== undefined) {
    return { code: 'WS_ERR_INVALID_CLOSE_CODE', message: `${INVALID_FRAME}invalid status code ${status}` };
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

function invalidControlLength({ payloadLength }: { readonly payloadLength: number }): Told {
  // What stands in the seven bits of the header.
  const length = payloadLength <= 125 ? payloadLength : payloadLength < 65_536 ? 126 : 127;
  return { code: 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH', message: `invalid payload length ${length}` };
}

function invalidOpcode({ opcode }: { readonly opcode: number }): Told {
  return { code: 'WS_ERR_INVALID_OPCODE', message: `invalid opcode ${opcode}` };
}
