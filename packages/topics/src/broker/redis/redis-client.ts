import { LocalUsageError } from 'millrace';

import { describe } from '../../base/checks.ts';

/** An argument of a command. */
export type RedisArgument = string | Buffer;

/** A client of npm's `redis`, as far as it is used: a template, whose connection is left alone. */
export interface NodeRedisClient {
  readonly options?: object | undefined;
  duplicate(overrides?: object): NodeRedisConnection;
}

/** A connection that is made of it. */
export interface NodeRedisConnection {
  connect(): Promise<unknown>;
  destroy(): void;
  sendCommand(args: readonly RedisArgument[], options?: object): Promise<unknown>;
  subscribe(channels: string[], listener: (message: Buffer, channel: Buffer) => void, bufferMode: true): Promise<void>;
  unsubscribe(channels: string[]): Promise<void>;
  on(event: 'error' | 'end', listener: (error?: Error) => void): unknown;
}

/** A client of npm's `ioredis`, as far as it is used: a template, whose connection is left alone. */
export interface IoRedisClient {
  duplicate(override?: object): IoRedisConnection;
  callBuffer(command: string, args: RedisArgument[]): Promise<unknown>;
}

/** A connection that is made of it. */
export interface IoRedisConnection {
  connect(): Promise<unknown>;
  disconnect(): void;
  callBuffer(command: string, args: RedisArgument[]): Promise<unknown>;
  subscribe(...channels: string[]): Promise<unknown>;
  unsubscribe(...channels: string[]): Promise<unknown>;
  on(event: 'error' | 'end' | 'close', listener: (error?: Error) => void): unknown;
  on(event: 'messageBuffer', listener: (channel: Buffer, message: Buffer) => void): unknown;
}

/** A connection to Redis, of whatever client. It does not come back when it is lost: another takes its place. */
export interface RedisConnection {
  connect(): Promise<unknown>;
  /** Replies have buffers in place of strings. */
  command(args: readonly RedisArgument[]): Promise<unknown>;
  subscribe(channels: readonly string[]): Promise<unknown>;
  unsubscribe(channels: readonly string[]): Promise<unknown>;
  destroy(): void;
}

/** Learns of what a connection brings. */
export interface RedisConnectionListener {
  readonly onMessage: (channel: string, message: Buffer) => void;
  readonly onLost: (error: Error) => void;
}

/** Makes connections like that of a client. */
export type RedisConnector = (listener: RedisConnectionListener) => RedisConnection;

/** How long connecting may take, in milliseconds, is what the client says; these are what we say. */
const NODE_REDIS_OVERRIDES = { disableOfflineQueue: true, RESP: 3, keyPrefix: '' } as const;

const IO_REDIS_OVERRIDES = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  retryStrategy: () => null,
  keyPrefix: '',
} as const;

/** The type of replies, in `redis`, that are strings. */
const BUFFERS = { typeMapping: { 36: Buffer } } as const;

/**
 * Reads the option `client`.
 *
 * @throws {LocalUsageError} it is no client of `redis` or `ioredis`
 */
export function connectorFor(client: NodeRedisClient | IoRedisClient): RedisConnector {
  if (typeof client !== 'object' || typeof client.duplicate !== 'function') {
    throw new LocalUsageError(`option client is ${describe(client)}, expected a client of redis or ioredis`);
  }
  if ('callBuffer' in client) return (listener) => fromIoRedis(client, listener);
  return (listener) => fromNodeRedis(client, listener);
}

function fromNodeRedis(client: NodeRedisClient, { onMessage, onLost }: RedisConnectionListener): RedisConnection {
  const socket: unknown = client.options === undefined ? undefined : Reflect.get(client.options, 'socket');
  const own = { ...(typeof socket === 'object' ? socket : {}), reconnectStrategy: false };
  const connection = client.duplicate({ ...NODE_REDIS_OVERRIDES, socket: own });
  const lost = (error?: Error): void => onLost(error ?? new Error('the connection has ended'));
  // Without a listener, the process ends.
  connection.on('error', lost);
  connection.on('end', lost);
  return {
    connect: () => connection.connect(),
    command: (args) => connection.sendCommand(args, BUFFERS),
    subscribe: (channels) =>
      connection.subscribe([...channels], (message, channel) => onMessage(String(channel), message), true),
    unsubscribe: (channels) => connection.unsubscribe([...channels]),
    destroy: () => {
      try {
        connection.destroy();
      } catch {
        // It is closed already.
      }
    },
  };
}

function fromIoRedis(client: IoRedisClient, { onMessage, onLost }: RedisConnectionListener): RedisConnection {
  const connection = client.duplicate(IO_REDIS_OVERRIDES);
  const lost = (error?: Error): void => onLost(error ?? new Error('the connection has ended'));
  connection.on('error', lost);
  connection.on('end', lost);
  connection.on('messageBuffer', (channel, message) => onMessage(String(channel), message));
  return {
    connect: () => connection.connect(),
    command: ([command, ...args]) => connection.callBuffer(String(command), args),
    subscribe: (channels) => connection.subscribe(...channels),
    unsubscribe: (channels) => connection.unsubscribe(...channels),
    destroy: () => connection.disconnect(),
  };
}
