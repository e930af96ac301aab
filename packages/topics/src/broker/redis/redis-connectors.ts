import { LocalUsageError } from 'millrace';

import { describe } from '../../base/checks.ts';
import { toError } from '../../base/deferred.ts';
import type {
  IoRedisClient,
  IoRedisCluster,
  NodeRedisClient,
  NodeRedisCluster,
  RedisArgument,
  RedisConnection,
  RedisConnectionListener,
  RedisConnector,
  RedisTemplate,
} from './redis-client.ts';

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
export function connectorFor(client: RedisTemplate): RedisConnector {
  if (typeof client !== 'object' || typeof client.duplicate !== 'function') {
    throw new LocalUsageError(
      `option client is ${describe(client)}, expected a client or a cluster of redis or ioredis`,
    );
  }
  if (isIoRedisCluster(client)) {
    return { isCluster: true, create: (listener) => fromIoRedisCluster(client, listener) };
  }
  if ('slots' in client) return { isCluster: true, create: (listener) => fromNodeRedisCluster(client, listener) };
  if ('callBuffer' in client) return { isCluster: false, create: (listener) => fromIoRedis(client, listener) };
  return { isCluster: false, create: (listener) => fromNodeRedis(client, listener) };
}

function isIoRedisCluster(client: RedisTemplate): client is IoRedisCluster {
  return 'isCluster' in client && client.isCluster;
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
    ping: () => connection.sendCommand(['PING']),
    destroy: () => ignoringErrors(() => connection.destroy()),
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
    ping: () => connection.callBuffer('PING', []),
    destroy: () => connection.disconnect(),
  };
}

/** The key that says which server runs a command. */
function firstKeyOf(args: readonly RedisArgument[]): RedisArgument | undefined {
  const isScript = /^EVAL(SHA)?$/.test(String(args[0]));
  return args[isScript ? 3 : 1];
}

/** The client keeps its connections as the application wants them, and is given up with all of them when one fails. */
function fromNodeRedisCluster(client: NodeRedisCluster, listener: RedisConnectionListener): RedisConnection {
  const connection = client.duplicate();
  for (const event of ['error', 'node-error', 'sharded-channel-moved-error']) {
    connection.on(event, (error) => listener.onLost(toError(error)));
  }
  const onMessage = (message: Buffer, channel: Buffer): void => listener.onMessage(String(channel), message);
  return {
    connect: () => connection.connect(),
    command: (args) => connection.sendCommand(firstKeyOf(args), false, [...args], BUFFERS),
    // One call for each channel: those of two slots go to two servers.
    subscribe: (channels) => Promise.all(channels.map((channel) => connection.sSubscribe(channel, onMessage, true))),
    unsubscribe: (channels) => Promise.all(channels.map((channel) => connection.sUnsubscribe(channel))),
    ping: () => {
      const pings = connection.masters.map(async (master) =>
        (await connection.nodeClient(master)).sendCommand(['PING']),
      );
      return Promise.all(pings);
    },
    destroy: () => ignoringErrors(() => connection.destroy()),
  };
}

/** `ioredis` knows of no key in SPUBLISH: it would ask any server, be sent on, and lose the order. */
const SPUBLISH_BY_KEY = "return redis.call('SPUBLISH', KEYS[1], ARGV[1])";

function fromIoRedisCluster(client: IoRedisCluster, listener: RedisConnectionListener): RedisConnection {
  const connection = client.duplicate([], {
    ...{ lazyConnect: true, enableOfflineQueue: false, shardedSubscribers: true, keyPrefix: '' },
    clusterRetryStrategy: () => null,
    redisOptions: {
      autoResubscribe: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      keyPrefix: '',
    },
  });
  const lost = (error?: Error): void => listener.onLost(error ?? new Error('the connection has ended'));
  for (const event of ['error', 'end', 'node error']) connection.on(event, lost);
  connection.on('smessageBuffer', (channel: Buffer, message: Buffer) => listener.onMessage(String(channel), message));
  const ping = (): Promise<unknown> => Promise.all(connection.nodes('master').map((node) => node.ping()));
  return {
    connect: async () => {
      await connection.connect();
      // While a server is being connected, commands for it would go to any other, and lose their order.
      await ping();
    },
    command: ([command, ...args]) => {
      if (command === 'SPUBLISH') return connection.callBuffer('eval', [SPUBLISH_BY_KEY, '1', ...args]);
      // It finds keys by the names of commands in lower case, and asks any server otherwise.
      return connection.callBuffer(String(command).toLowerCase(), args);
    },
    subscribe: (channels) => Promise.all(channels.map((channel) => connection.ssubscribe(channel))),
    unsubscribe: (channels) => Promise.all(channels.map((channel) => connection.sunsubscribe(channel))),
    ping,
    destroy: () => connection.disconnect(),
  };
}

/** It may be closed already. */
function ignoringErrors(action: () => void): void {
  try {
    action();
  } catch {
    // It is.
  }
}
