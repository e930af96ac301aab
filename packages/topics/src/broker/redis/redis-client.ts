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

/** A client of a cluster, made with `createCluster` of npm's `redis`. */
export interface NodeRedisCluster {
  readonly slots: readonly unknown[];
  duplicate(): NodeRedisClusterConnection;
}

/** A connection to a cluster that is made of it. */
export interface NodeRedisClusterConnection {
  readonly masters: readonly { readonly client?: unknown }[];
  connect(): Promise<unknown>;
  destroy(): void;
  sendCommand(
    firstKey: RedisArgument | undefined,
    isReadonly: boolean,
    args: RedisArgument[],
    options?: object,
  ): Promise<unknown>;
  nodeClient(node: object): PromiseLike<NodeRedisNode> | NodeRedisNode;
  sSubscribe(channel: string, listener: (message: Buffer, channel: Buffer) => void, bufferMode: true): Promise<unknown>;
  sUnsubscribe(channel: string): Promise<unknown>;
  on(event: string, listener: (error?: unknown) => void): unknown;
}

/** A server of a cluster. */
export interface NodeRedisNode {
  sendCommand(args: readonly RedisArgument[]): Promise<unknown>;
}

/** A `Cluster` of npm's `ioredis`. */
export interface IoRedisCluster {
  readonly isCluster: boolean;
  readonly options?: object | undefined;
  duplicate(startupNodes?: never[], options?: object): IoRedisClusterConnection;
}

/** A connection to a cluster that is made of it. */
export interface IoRedisClusterConnection {
  connect(): Promise<unknown>;
  disconnect(): void;
  callBuffer(command: string, args: RedisArgument[]): Promise<unknown>;
  nodes(role: 'master'): readonly { ping(): Promise<unknown> }[];
  ssubscribe(...channels: string[]): Promise<unknown>;
  sunsubscribe(...channels: string[]): Promise<unknown>;
  on(event: string, listener: (...args: never[]) => void): unknown;
}

/** Any client of Redis. */
export type RedisTemplate = NodeRedisClient | IoRedisClient | NodeRedisCluster | IoRedisCluster;

/** A connection to Redis, of whatever client. It does not come back when it is lost: another takes its place. */
export interface RedisConnection {
  connect(): Promise<unknown>;
  /** Replies have buffers in place of strings. */
  command(args: readonly RedisArgument[]): Promise<unknown>;
  subscribe(channels: readonly string[]): Promise<unknown>;
  unsubscribe(channels: readonly string[]): Promise<unknown>;
  /** Asks all servers whether they are there. */
  ping(): Promise<unknown>;
  destroy(): void;
}

/** Learns of what a connection brings. */
export interface RedisConnectionListener {
  readonly onMessage: (channel: string, message: Buffer) => void;
  readonly onLost: (error: Error) => void;
}

/** Makes connections like that of a client. */
export interface RedisConnector {
  /** Whether there are several servers, each with some of the topics: what is published is sharded then. */
  readonly isCluster: boolean;
  readonly create: (listener: RedisConnectionListener) => RedisConnection;
}
