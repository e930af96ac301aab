/**
 * What a naive peer does otherwise than most. RFC 6455 allows each of these habits, so that a peer with any of them passes every case.
 */
export interface Habits {
  /** Says this at once and every few milliseconds. */
  readonly chatters?: 'pings' | 'pongs';
  /** Answers a Close otherwise than with the code that came. */
  readonly closes?: 'without a code' | 'with 1000' | 'with 1001' | 'with a reason';
  readonly pongs?: 'late' | 'only the newest';
  /** Writes each byte on its own. */
  readonly drips?: boolean;
  /** Sends messages in fragments, empty ones among them, with a ping between two of them. */
  readonly fragments?: boolean;
  /** Echoes a moment later, as an application does that has to look something up; Close and failures wait for it. */
  readonly echoesLater?: boolean;
  /** Writes the fields of its head in another order and in other cases, and adds some. */
  readonly oddHeads?: boolean;
  /** As a client, offers extensions and subprotocols; as a server, chooses a subprotocol. */
  readonly negotiates?: boolean;
  /** As a client, ends the TCP connection itself when both Closes are there. */
  readonly endsFirst?: boolean;
}
