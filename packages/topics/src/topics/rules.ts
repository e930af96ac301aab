import { LocalUsageError } from 'millrace';

import { checkInteger, checkOptions, checkSwitch, invalidOption, quote } from '../base/checks.ts';
import type { HistoryPolicy } from '../broker/broker.ts';
import { matches } from '../names/pattern.ts';
import { ONE, REST, checkPattern } from '../names/topic-name.ts';

/** What to do with a subscriber that has more than `highWaterMark` bytes on its way. */
export type OnSlow = 'queue' | 'close' | 'skip' | 'latest';

/** How the topics are dealt with that match a pattern. */
export interface TopicOptions {
  /**
   * How much is kept, so that whoever comes back gets what it has missed. `true` is 1,000 messages and a day; without it, messages are delivered at most
   * once, and have no positions.
   *
   * @defaultValue none
   */
  readonly history?:
    boolean | { readonly messages?: number | undefined; readonly age?: number | undefined } | undefined;
  /**
   * What to do with subscribers that have more than `highWaterMark` bytes on their way:
   *
   * - `'queue'`: send to them too; one for which more than `maxBufferedAmount` bytes would wait fails (1008)
   * - `'close'`: close them (1013, try again later): they come back with `since`
   * - `'skip'`: leave messages out, until all that is on its way has left
   * - `'latest'`: keep the latest message of each topic, and send that when all has left
   *
   * @defaultValue 'queue'
   */
  readonly onSlow?: OnSlow | undefined;
  /**
   * Whether subscribers may say who they are.
   *
   * @defaultValue false
   */
  readonly presence?: boolean | undefined;
  /**
   * Whether patterns may be subscribed below this one, which ends with `/**` and has no other wildcard: every message is then published for patterns, too.
   *
   * @defaultValue false
   */
  readonly patterns?: boolean | undefined;
}

/** {@link TopicOptions} with every default filled in. */
export interface TopicRule {
  readonly history: HistoryPolicy | undefined;
  readonly onSlow: OnSlow;
  readonly presence: boolean;
  /** Where patterns may be subscribed, the name above `**`. */
  readonly root: string | undefined;
}

/** The most messages that a history may have. */
const MAX_MESSAGES = 1_000_000;

/** The longest that a history may be kept, in milliseconds: a year. */
const MAX_AGE = 31_536_000_000;

const DEFAULT_HISTORY: HistoryPolicy = { messages: 1000, age: 86_400_000 };

const DEFAULT_RULE: TopicRule = { history: undefined, onSlow: 'queue', presence: false, root: undefined };

const ON_SLOW: Readonly<Record<OnSlow, true>> = { queue: true, close: true, skip: true, latest: true };

/** So many topics have their rule at hand. */
const MAX_KNOWN = 10_000;

/** Knows how each topic is dealt with: the first pattern that matches decides. */
export class TopicRules {
  readonly #rules: readonly (readonly [pattern: string, rule: TopicRule])[];
  readonly #known = new Map<string, TopicRule>();

  /** @throws {LocalUsageError} a pattern is none, or an option has a value that it cannot have */
  constructor(topics: Readonly<Record<string, TopicOptions>>) {
    if (typeof topics !== 'object') throw invalidOption('topics', topics, 'an object of options by pattern');
    this.#rules = Object.entries(topics).map(([pattern, options]) => [checkPattern(pattern), toRule(pattern, options)]);
  }

  of(topic: string): TopicRule {
    const known = this.#known.get(topic);
    if (known !== undefined) return known;
    const [, rule] = this.#rules.find(([pattern]) => matches(pattern, topic)) ?? [];
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(topic, rule ?? DEFAULT_RULE);
    return rule ?? DEFAULT_RULE;
  }

  /**
   * Finds the rule below whose root a pattern stands.
   *
   * @throws {LocalUsageError} there is none
   */
  ofPattern(pattern: string): TopicRule & { readonly root: string } {
    for (const [, rule] of this.#rules) {
      const { root } = rule;
      if (root !== undefined && pattern.startsWith(`${root}/`)) return { ...rule, root };
    }
    const roots = this.#rules.flatMap(([, { root }]) => (root === undefined ? [] : [`${root}/**`]));
    const allowed = roots.length === 0 ? 'there is none' : roots.map(quote).join(', ');
    throw new LocalUsageError(
      `pattern is ${quote(pattern)}, expected one below a rule with patterns: true: ${allowed}`,
    );
  }
}

function toRule(pattern: string, options: TopicOptions): TopicRule {
  checkOptions(`topics[${quote(pattern)}]`, options, { history: true, onSlow: true, presence: true, patterns: true });
  const { history, onSlow = 'queue', presence = false, patterns = false } = options;
  if (!Object.hasOwn(ON_SLOW, onSlow)) throw invalidOption('onSlow', onSlow, "'queue', 'close', 'skip' or 'latest'");
  return Object.freeze({
    history: resolveHistory(history),
    onSlow,
    presence: checkSwitch('presence', presence),
    root: checkSwitch('patterns', patterns) ? rootOf(pattern) : undefined,
  });
}

function resolveHistory(history: TopicOptions['history']): HistoryPolicy | undefined {
  if (history === undefined || history === false) return undefined;
  if (history === true) return DEFAULT_HISTORY;
  checkOptions('history', history, { messages: true, age: true });
  const { messages = DEFAULT_HISTORY.messages, age = DEFAULT_HISTORY.age } = history;
  return Object.freeze({
    messages: checkInteger('history.messages', messages, [1, MAX_MESSAGES]),
    age: checkInteger('history.age', age, [1, MAX_AGE]),
  });
}

function rootOf(pattern: string): string {
  const segments = pattern.split('/');
  if (segments.length > 1 && segments.pop() === REST && !segments.includes(ONE)) return segments.join('/');
  throw invalidOption('patterns', true, `false, or a pattern such as "prices/**" in place of ${quote(pattern)}`);
}
