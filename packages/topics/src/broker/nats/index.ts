export { natsBroker, type NatsBrokerOptions } from './nats-broker.ts';
export type {
  NatsCallback,
  NatsConnection,
  NatsHeaders,
  NatsMessage,
  NatsRequestManyOptions,
  NatsRequestOptions,
  NatsSubscription,
} from './nats-client.ts';
