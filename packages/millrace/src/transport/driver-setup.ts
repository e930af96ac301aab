import type { Duplex } from 'node:stream';

import type { Connection } from '../protocol/connection/connection.ts';
import type { ConnectionHost } from '../protocol/connection/host.ts';
import type { OnreadPlaces } from './reading/shared-read-buffer.ts';

/** Where the calls of a connection run. */
export interface CallContext {
  /** Calls `callback` with `subject`, in the context that belongs to the connection. */
  run<Subject>(callback: (subject: Subject) => void, subject: Subject): void;
}

/** What a {@link SocketDriver} works with. */
export interface SocketDriverSetup {
  /** A connected socket, or any other duplex stream of bytes. */
  readonly socket: Duplex;
  /** How to read into the shared buffer; `undefined` to take `'data'` events. */
  readonly onreadPlaces: OnreadPlaces | undefined;
  /** Bytes to read at a time into the shared buffer, at most; all of it unless given. */
  readonly largestRead?: number | undefined;
  /** Where everything runs that the connection calls. */
  readonly context: CallContext;
  /** Is told each time that something may have come or gone. */
  readonly onUpdate?: (() => void) | undefined;
  /** Draws a masking key; strong randomness unless given. */
  readonly maskingKey?: (() => number) | undefined;
  /** Makes the connection that is driven. */
  createConnection(host: ConnectionHost): Connection;
}
