import type { MessageTransform, SendTransform } from '../base/transform.ts';
import type { Claims } from '../extension/claims.ts';
import type { Receiver } from '../receive/handlers.ts';
import type { ControlHooks } from '../receive/read-ahead.ts';
import type { FrameObserver } from '../wire/frame-observer.ts';
import type { ConnectionHost, ConnectionOwner } from './host.ts';
import type { ResolvedConnectionOptions } from './options.ts';

/** What a `Connection` is made of. */
export interface ConnectionSetup {
  /** Our side: a client masks what it sends (RFC 6455 §5.1). */
  readonly role: 'client' | 'server';
  readonly options: ResolvedConnectionOptions;
  readonly host: ConnectionHost;
  /** The level at which messages are received, and who takes them. */
  readonly receiver: Receiver;
  readonly handler: ConnectionOwner;
  /** What the application is told of control frames; nothing unless given, and Pings are answered. */
  readonly controls?: ControlHooks | undefined;
  /** Whether a Close for which the peer is to blame says what it did wrong; it does unless this is `false`. */
  readonly explainsFailure?: boolean | undefined;
  /** What the extensions change of messages that are received, in the order in which they were agreed on. */
  readonly transforms?: readonly MessageTransform[] | undefined;
  /** What they change of messages that are sent, in the same order. */
  readonly sendTransforms?: readonly SendTransform[] | undefined;
  /** The reserved bits and opcodes that may be received; those that the option `extensionPoints` claims unless given. */
  readonly claims?: Claims | undefined;
  /** Watches the frames; nobody unless given. */
  readonly observer?: FrameObserver | undefined;
}
