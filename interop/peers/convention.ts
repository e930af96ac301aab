// How the harness and a peer's program speak: in lines of JSON, the harness on the program's stdin, the program on its stdout.
//
//   program client    says Hello, then for each line of stdin, a Task with a URL, connects, carries it out, and says a Report
//   program server    says Hello with its port, then serves; each client brings its Task, as JSON, in the parameter `task` of the
//                     URL; when a connection is over, it says a Report
//
// A program ends when its stdin ends. Programs in Python follow the same convention.

/** How a program handles messages. */
export type Level = 'message' | 'frame' | 'streaming';

/** How one side sends the message of a {@link Task}. */
export interface Manner {
  readonly level: Level;
  /** Frames that the message is cut into; an empty one too. */
  readonly fragments: number;
  /** Payload of a ping that it sends behind the first of several frames, or before an unfragmented message; `''` for none. */
  readonly ping: string;
}

/** The message of a {@link Task}: a text repeated, as often as it fits, and filled up with `x`. */
export interface MessageContent {
  /** Bytes are the code points of the text (Latin-1). */
  readonly binary: boolean;
  readonly unit: string;
  /** In bytes. */
  readonly size: number;
}

/** What one side has of permessage-deflate (RFC 7692): what a client offers, or what a server answers. */
export interface Compression {
  readonly serverNoContextTakeover?: boolean;
  readonly clientNoContextTakeover?: boolean;
  readonly serverMaxWindowBits?: number;
  /** `true` stands for an offer without a value; a peer does not offer it without this. */
  readonly clientMaxWindowBits?: number | true;
  /** Of ours: shorter messages are sent as they are, in bytes. 0 unless given. */
  readonly threshold?: number;
  /** Every other message of ours is a prepared one, with the bytes in reverse: what came before must not be taken for it. */
  readonly prepares?: boolean;
  /** Of ours: what is said for each message. */
  readonly compress?: boolean;
}

/** What a client of the hash programs sends: `count` batches; a digest has to come after each. */
export interface HashWork {
  /** In bytes. */
  readonly batch: number;
  readonly count: number;
  /** At the streaming level: whether the frame is announced with the greatest length there is, and never completed. */
  readonly endless: boolean;
}

/** What a peer does on one connection. */
export interface Task extends Manner, MessageContent, HashWork {
  readonly id: string;
  /** Where a client connects to. */
  readonly url: string;
  /**
   * `echo`: the client sends the message, the server sends it back, at the frame and the streaming level as it comes. `hash`: the client sends batches, the server answers with SHA-256 digests:
   * at the message level, each a message, with its digest; at the others, all in one message, with the digest so far after each
   * frame or each `batch` bytes.
   */
  readonly work: 'echo' | 'hash';
  /** Whether the peer starts the closing handshake when its work is done: as a server, after sending. */
  readonly closes: boolean;
  /** Code for that; 0 for a Close without one. */
  readonly code: number;
  readonly reason: string;
  /** The extension, if it is to be used. */
  readonly compression?: Compression;
  /** How often the message goes back and forth. */
  readonly messages: number;
  /** What a client offers. A server takes `millrace.interop`, if that is offered. */
  readonly subprotocols: readonly string[];
}

/** A message that has come. */
export interface ReceivedMessage {
  readonly binary: boolean;
  /** In bytes. */
  readonly size: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** What a peer saw on one connection; what it did not see is missing. */
export interface Report {
  readonly id: string;
  /** That was agreed on; `''` for none. */
  readonly subprotocol: string;
  readonly received?: ReceivedMessage;
  /** Frames of that message, where the level tells; only we report them. */
  readonly frames?: number;
  /** Payload of the last pong. */
  readonly pong?: string;
  /** That came from a server of the hash programs. */
  readonly digests?: readonly string[];
  /** What they should be. */
  readonly expectedDigests?: readonly string[];
  /** Of the Close: 1005 if it had none, 1006 if there was none. */
  readonly code: number;
  readonly reason: string;
  /** What went wrong, if the program could tell. */
  readonly error?: string;
}

/** The first line of a program. */
export interface Hello {
  /** The versions of what it is made of. */
  readonly versions: Readonly<Record<string, string>>;
  /** Of a server. */
  readonly port?: number;
  /** Of servers that have a port for each work and level, such as `echo/message`; or for what they do with the extension: `compression`, and it in JSON. */
  readonly ports?: Readonly<Record<string, number>>;
}
