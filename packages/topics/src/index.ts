export { BrokerError, NotAllowedError, PublishError, TopicLimitError, UnsubscribedError } from './base/errors.ts';
