import type { CloseBody, Closure } from '../../protocol/base/closure.ts';
import type { MessageKind, WholeMessage } from '../sending/sendable.ts';

/** A connection as a client that connects again uses it. */
export interface ReplaceableConnection {
  readonly state: 'open' | 'closing' | 'closed';
  readonly isSlow: boolean;
  readonly closed: Promise<Closure>;
  drained(): Promise<void>;
  ping(): Promise<number>;
  close(code?: number, reason?: string): Promise<Closure>;
  drop(): void;
}

/** What a client that connects again has to know of its connections, which are those of Node or of a browser. */
export interface ConnectionPort<Connection> {
  /** Whether it takes messages. */
  canSend(connection: Connection): boolean;
  send(connection: Connection, message: WholeMessage): Promise<void>;
  /** What the application has closed it with, if it was the first to want its end. */
  farewellOf(connection: Connection): CloseBody | undefined;
  /** Whether an error says that it has ended, and no more. */
  isEndOf(connection: Connection, error: unknown): boolean;
  /** Closes it because its handler has failed. */
  fail(connection: Connection): void;
  /** Closes it because the client is to end. */
  leave(connection: Connection): void;
  /**
   * Makes a message of one piece.
   *
   * @throws {LocalUsageError} it is none
   */
  toMessage(data: unknown, type: MessageKind | undefined): WholeMessage;
  encode(text: string): Uint8Array;
  /** Does something when all that is ready to run has run. */
  later(action: () => void): void;
}
