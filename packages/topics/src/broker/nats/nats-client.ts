/** Headers of a message, as far as they are used. */
export interface NatsHeaders {
  readonly code: number;
  get(name: string): string;
  has(name: string): boolean;
  set(name: string, value: string): void;
}

/** A message of NATS, as far as it is used. */
export interface NatsMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly reply?: string | undefined;
  readonly headers?: NatsHeaders | undefined;
  string(): string;
}

/** A subscription, as far as it is used. */
export interface NatsSubscription {
  unsubscribe(): void;
}

/** How something is asked. */
export interface NatsRequestOptions {
  readonly timeout: number;
}

/** How something with several answers is asked. */
export interface NatsRequestManyOptions {
  readonly strategy: 'count';
  readonly noMux: true;
  readonly maxMessages: number;
  readonly maxWait: number;
}

/** Learns of messages. */
export type NatsCallback = (error: Error | null, message: NatsMessage) => void;

/** A connection of `@nats-io/*` 3, as far as it is used. */
export interface NatsConnection {
  readonly info?: { readonly max_payload: number } | undefined;
  // Written as methods, so that headers of the client's own type fit.
  publish(subject: string, data?: string | Uint8Array, options?: object): void;
  request(subject: string, data?: string | Uint8Array, options?: NatsRequestOptions): Promise<NatsMessage>;
  requestMany(
    subject: string,
    data?: string | Uint8Array,
    options?: NatsRequestManyOptions,
  ): Promise<AsyncIterable<NatsMessage>>;
  subscribe(subject: string, options?: { callback: NatsCallback }): NatsSubscription;
  flush(): Promise<void>;
  status(): AsyncIterable<{ readonly type: string }>;
  reconnect(): Promise<void>;
  isClosed(): boolean;
}
