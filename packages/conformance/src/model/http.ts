import type { FrameSpec, Cut } from './frame.ts';

/** Changes to a head that would be valid. */
interface HeadChanges {
  /** Fields to set, by name; `null` leaves one out. */
  readonly set?: Readonly<Record<string, string | null>> | undefined;
  /** Lines to add at the end, as they are: `Name: value`. */
  readonly add?: readonly string[] | undefined;
  /** Lines to put in front of all others. */
  readonly first?: readonly string[] | undefined;
  /** Text in place of each CRLF. */
  readonly eol?: string | undefined;
  /** Body to send behind the head. */
  readonly body?: string | undefined;
  /** Frames to send in the same write as the head. */
  readonly frames?: readonly FrameSpec[] | undefined;
  readonly cut?: Cut | undefined;
}

/** An opening handshake to send to a server under test: a valid one, but for what is given. */
export interface RequestSpec extends HeadChanges {
  readonly method?: string | undefined;
  /** Request target; `{target}` in it stands for that of the URL, `{authority}` for its host and port. */
  readonly target?: string | undefined;
  /** `HTTP/1.1`, for one. */
  readonly version?: string | undefined;
  /** Bytes of the head after which nothing more is sent. */
  readonly stopAfter?: number | undefined;
}

/** An answer to the opening handshake of a client under test: one that accepts, but for what is given. */
export interface ResponseSpec extends HeadChanges {
  /** Status line; `HTTP/1.1 101 Switching Protocols` if it is left out. */
  readonly status?: string | undefined;
  /** How the value of `Sec-WebSocket-Accept` is changed: `{accept}` stands for the right one, `{other}` for another key's. */
  readonly accept?: string | undefined;
  /** Milliseconds to wait before it is sent. */
  readonly delay?: number | undefined;
  /** Whole answer in place of all else. */
  readonly raw?: string | undefined;
}

/** The head of a request or response, as received. */
export interface HttpHead {
  readonly startLine: string;
  /** Names in lower case, with each value they came with. */
  readonly fields: ReadonlyMap<string, readonly string[]>;
  readonly text: string;
}
