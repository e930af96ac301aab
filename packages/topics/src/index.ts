/**
 * Publish to many, in one process or over Redis: {@link createTopics}.
 *
 * @module @millrace/topics
 */
export { BrokerError, NotAllowedError, PublishError, TopicLimitError, UnsubscribedError } from './base/errors.ts';
export type { FailedPublication } from './base/errors.ts';
export type {
  Broker,
  BrokerLink,
  BrokerListener,
  BrokerMessage,
  Channel,
  HistoryPage,
  HistoryPolicy,
  HistoryRange,
  KeptTopic,
  Place,
  Presence,
  PresenceChange,
  PresencePage,
  Publication,
  PublishReceipt,
  StoredMessage,
} from './broker/broker.ts';
export { memoryBroker, type MemoryBrokerOptions } from './broker/memory/memory-broker.ts';
export { binaryEnvelope, jsonEnvelope } from './envelopes/envelopes.ts';
export type { SubscriptionReady, TopicSubscription } from './feeds/subscription.ts';
export { subscriberOf, type Subscriber } from './subscribers/subscriber.ts';
export { createTopics } from './topics/create-topics.ts';
export type {
  CreateTopicsOptions,
  FramedMessage,
  Permission,
  PublishRequest,
  SubscribeRequest,
} from './topics/options.ts';
export type { PublishOptions } from './topics/publication.ts';
export { createPublisher, type Publisher, type PublisherOptions } from './topics/publisher.ts';
export type { OnSlow, TopicOptions } from './topics/rules.ts';
export type { TopicsStats } from './topics/stats.ts';
export type { Topics } from './topics/topics.ts';
export type {
  PresenceEvent,
  PresentUser,
  PublishFromOptions,
  PublishResult,
  SubscribeOptions,
} from './topics/topics-calls.ts';
export { redisBroker, type RedisBrokerOptions } from './broker/redis/redis-broker.ts';
export type {
  IoRedisClient,
  IoRedisCluster,
  IoRedisClusterConnection,
  IoRedisConnection,
  NodeRedisClient,
  NodeRedisCluster,
  NodeRedisClusterConnection,
  NodeRedisConnection,
  NodeRedisNode,
  RedisArgument,
  RedisTemplate,
} from './broker/redis/redis-client.ts';
