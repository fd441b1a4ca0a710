import {
  decodeUtf8,
  encodeUtf8,
  Message,
  ProtocolError,
  ReasonCode,
  type SubscriptionOptions,
  Topic,
  topicMatches,
  validateTopicName,
} from "../mqtt/mod.ts";
import type { Changes, StoredSubscription } from "../store/mod.ts";
import { CachedTopic } from "./matching/cached_topic.ts";
import type { Delivery, Subscriber } from "./subscribers/delivery.ts";
import { Recipients } from "./filters/filter_node.ts";
import { hasWildcard } from "./filters/filter_tree.ts";
import { HeapBudget } from "./levels/heap_budget.ts";
import { pathOf } from "./levels/level_node.ts";
import { MatchCache } from "./matching/match_cache.ts";
import { RecentChanges } from "./matching/recent_changes.ts";
import type { RetainedCursor } from "./retained/retained_cursor.ts";
import { RetainedStore } from "./retained/retained_store.ts";
import type { Route } from "./subscribers/route.ts";
import { mergeRoute } from "./matching/route_merge.ts";
import type { Choice, SharedStrategy } from "./subscribers/shared_group.ts";
import {
  type SubscriptionEntry,
  SubscriptionTable,
} from "./filters/subscription_table.ts";
import { hashTopic } from "./levels/topic_hash.ts";
import { TreeWalk } from "./filters/tree_walk.ts";

/** Result of `Router.publish` for a message that cannot be retained. */
export const RETAINED_FULL: number = -1;

/** The message of a choice before the first PUBLISH. */
const NOTHING = new Message(
  new Topic("", new Uint8Array(0)),
  new Uint8Array(0),
  0,
  0,
);

/** Options of a `Router`. */
export interface RouterOptions {
  /**
   * Topics in the match cache, 1 to 2^24; rounded up to a power of two.
   * @default 131072
   */
  readonly cacheSize?: number;
  /**
   * Choice of the member of a shared group.
   * @default "round-robin"
   */
  readonly sharedStrategy?: SharedStrategy;
  /**
   * Most retained messages; 0 for no bound.
   * @default 0
   */
  readonly retainedMessages?: number;
  /**
   * Most bytes of retained messages; 0 for no bound.
   * @default 0
   */
  readonly retainedBytes?: number;
  /**
   * Returns numbers, at least 0 and below 1.
   * @default Math.random
   */
  readonly random?: () => number;
  /**
   * Topic filters whose messages no store keeps.
   * @default []
   */
  readonly volatile?: readonly string[];
}

/** Receivers of messages: subscriptions, shared groups, retained messages. */
export class Router {
  /** The retained messages. */
  readonly retained: RetainedStore;
  /** Estimated bytes of V8's heap that the state of clients takes. */
  readonly heap: HeapBudget = new HeapBudget();
  readonly #table = new SubscriptionTable(this.heap);
  readonly #cache: MatchCache;
  readonly #walk = new TreeWalk();
  readonly #seed: number;
  /** Topic filters whose messages no store keeps. */
  #volatile: readonly string[];
  /** One object for all choices in shared groups. */
  readonly #choice: Choice;
  /**
   * Grows with every change of a filter with wildcards. The route of an older
   * generation is valid unless a later change matches its topic.
   */
  #generation = 1;
  readonly #recent = new RecentChanges();
  /** The generation of the present sweep of the match cache. */
  #sweptFor = -1;
  /** Places of the match cache that the sweep has not visited. */
  #unswept = 0;
  /** The topic of the latest lookup: publishers repeat themselves. */
  #last: CachedTopic;

  /** Throws RangeError for a cache size below 1 or above 2^24. */
  constructor(options: RouterOptions = {}) {
    const cacheSize = options.cacheSize ?? 131072;
    if (!(cacheSize >= 1 && cacheSize <= 2 ** 24)) {
      throw new RangeError(
        `Cannot make a match cache: size must be 1 to 2^24, got ${cacheSize}`,
      );
    }
    const random = options.random ?? Math.random;
    this.#volatile = options.volatile ?? [];
    this.#seed = Math.floor(random() * 2 ** 32) | 0;
    this.#cache = new MatchCache(cacheSize);
    this.#choice = {
      strategy: options.sharedStrategy ?? "round-robin",
      random,
      topicHash: 0,
      publisher: null,
      message: NOTHING,
    };
    this.retained = new RetainedStore({
      maxMessages: options.retainedMessages ?? 0,
      maxBytes: options.retainedBytes ?? 0,
    }, this.heap);
    this.#last = new CachedTopic("", new Uint8Array(0), 0, true);
  }

  /** Choice of the member of a shared group; may change at any time. */
  get sharedStrategy(): SharedStrategy {
    return this.#choice.strategy;
  }
  set sharedStrategy(strategy: SharedStrategy) {
    this.#choice.strategy = strategy;
  }

  /** Sets the filters whose messages no store keeps; stored messages stay. */
  set volatile(filters: readonly string[]) {
    this.#volatile = filters;
    for (const topic of this.#cache.topics()) {
      topic.volatile = isVolatile(topic.text, filters);
    }
    // The cache may not have this topic.
    this.#last = new CachedTopic("", new Uint8Array(0), 0, true);
  }

  /**
   * All subscriptions, for the room `reading/` alone.
   * @internal
   */
  get table(): SubscriptionTable {
    return this.#table;
  }

  /** Returns the number of subscriptions of all sessions, with shared ones. */
  get subscriptionCount(): number {
    return this.#table.count;
  }

  /** Notes subscriptions and retained messages in the store; null without one. */
  get changes(): Changes | null {
    return this.#table.changes;
  }
  set changes(changes: Changes | null) {
    this.#table.changes = changes;
    this.retained.listener = changes;
  }

  /** Returns the number of shared subscriptions of all sessions. */
  get sharedSubscriptionCount(): number {
    return this.#table.shared;
  }

  /** Returns the number of sessions with a subscription. */
  get subscriberCount(): number {
    return this.#table.subscribers;
  }

  /**
   * Returns the topic whose name is `bytes` from `start` up to `end`. Makes no
   * string for a topic in the match cache. Throws ProtocolError: 0x81 unless
   * the bytes are well-formed UTF-8, 0x90 unless they are a topic name.
   */
  topic(bytes: Uint8Array, start: number, end: number): CachedTopic {
    const last = this.#last.bytes;
    let i = last.length;
    if (i === end - start) {
      // Backwards: topics differ at the end more often than at the start.
      while (--i >= 0 && last[i] === bytes[start + i]);
      if (i < 0 && end > start) return this.#last;
    }
    const hash = hashTopic(bytes, start, end, this.#seed);
    const found = this.#cache.find(bytes, start, end, hash);
    return this.#last = found ??
      makeTopic(bytes, start, end, hash, this.#volatile);
  }

  /** Returns the topic with the name `text`; throws as `topic` does. */
  topicOf(text: string): CachedTopic {
    const bytes = encodeUtf8(text);
    return this.topic(bytes, 0, bytes.length);
  }

  /**
   * Adds a subscription. Returns true for a new one, false for one in place of
   * another with the same filter and group. `filter` is valid and without
   * `$share/group/`; `group` is null for a subscription that is not shared.
   */
  subscribe(
    subscriber: Subscriber,
    filter: string,
    group: string | null,
    options: SubscriptionOptions,
  ): boolean {
    const before = this.#table.count;
    this.#table.put(subscriber, filter, group, options);
    this.#invalidate(filter);
    return this.#table.count > before;
  }

  /** Removes a subscription; returns false when there is none. */
  unsubscribe(
    subscriber: Subscriber,
    filter: string,
    group: string | null,
  ): boolean {
    if (!this.#table.remove(subscriber, filter, group)) return false;
    this.#invalidate(filter);
    return true;
  }

  /** Returns whether the subscriber has this filter and group. */
  isSubscribed(
    subscriber: Subscriber,
    filter: string,
    group: string | null,
  ): boolean {
    return this.#table.get(subscriber, filter, group) !== null;
  }

  /**
   * Returns whether the match of a topic compares at most `most` levels because
   * of the wildcards and share names of `subscriber`, with this filter.
   */
  fits(
    subscriber: Subscriber,
    filter: string,
    group: string | null,
    most: number,
  ): boolean {
    return this.#table.fits(subscriber, filter, group, most);
  }

  /** Removes all subscriptions of a session that has ended. */
  unsubscribeAll(subscriber: Subscriber): void {
    let one = this.#table.removeOldest(subscriber);
    for (; one !== null; one = this.#table.removeOldest(subscriber)) {
      this.#invalidate(pathOf(one.place));
    }
  }

  /** Subscribes as `subscribe` does; returns the subscription for the store. */
  restoreSubscription(
    subscriber: Subscriber,
    filter: string,
    group: string | null,
    options: SubscriptionOptions,
  ): StoredSubscription {
    // Outdates all routes: at a start there are hardly any.
    this.#recent.noteAll(++this.#generation);
    return this.#table.put(subscriber, filter, group, options);
  }

  /**
   * Iterates over the subscriptions of a session, oldest first. The caller must
   * not change them meanwhile.
   */
  subscriptionsOf(subscriber: Subscriber): IterableIterator<SubscriptionEntry> {
    return this.#table.of(subscriber);
  }

  /**
   * Retains a message with RETAIN, then posts it once to each session with a
   * matching subscription and once to each shared group. `publisher` is its
   * session, for No Local; null for the broker itself. Returns the number of
   * deliveries; RETAINED_FULL, without any delivery, for a message that cannot
   * be retained.
   */
  publish(
    topic: CachedTopic,
    message: Message,
    publisher: Subscriber | null,
  ): number {
    message.volatile = topic.volatile;
    if (message.retain && !this.#retain(message)) return RETAINED_FULL;
    const at = topic.generation === this.#generation
      ? topic
      : this.#resolve(topic);
    let count = 0;
    if (at.only !== null) {
      count = post(at.only, message, publisher);
    } else if (at.route !== null) {
      const deliveries = at.route.deliveries;
      for (let i = 0; i < deliveries.length; i++) {
        count += post(deliveries[i], message, publisher);
      }
      if (at.route.groups.length > 0) {
        count += this.#share(at.route, at.hash, message, publisher);
      }
    }
    // Changes of filters reach only topics in the cache.
    if (at.slot < 0) at.forget();
    return count;
  }

  /**
   * Posts a message that a member of a shared group did not acknowledge to
   * another member; returns false without one. `delivery` is that of `leaver`,
   * which may have unsubscribed already.
   */
  redistribute(
    message: Message,
    delivery: Delivery,
    leaver: Subscriber,
  ): boolean {
    const shared = delivery.group;
    if (shared === null) return false;
    const choice = this.#choice;
    const { bytes } = message.topic;
    choice.topicHash = hashTopic(bytes, 0, bytes.length, this.#seed);
    choice.publisher = null;
    choice.message = message;
    const other = this.#table.group(shared.filter, shared.name)
      ?.choose(choice, leaver) ?? null;
    if (other === null) return false;
    other.subscriber.deliver(message, other);
    return true;
  }

  /** Returns the retained messages for a new subscription, to take in slices. */
  retainedMatching(filter: string): RetainedCursor {
    return this.retained.matching(filter);
  }

  /** Returns whether `filter` may match a retained message; takes no search. */
  mayBeRetained(filter: string): boolean {
    return hasWildcard(filter) || this.retained.has(filter);
  }

  /**
   * Removes retained messages expired at `now` (ms) among up to `max` nodes, and
   * outdated routes in as many places of the match cache. Returns the time of
   * the next call in ms: past, to come, or Infinity; sooner if a filter or a
   * retained message comes meanwhile.
   */
  sweep(now: number, max: number): number {
    const expiry = this.retained.sweep(now, max);
    if (this.#sweptFor !== this.#generation) {
      this.#sweptFor = this.#generation;
      this.#unswept = this.#cache.slots;
    }
    if (this.#unswept <= 0) return expiry;
    this.#cache.sweep(max, (topic) => this.#renew(topic));
    this.#unswept -= max;
    return this.#unswept > 0 ? now : expiry;
  }

  /** Brings a route up to the present generation; returns false if outdated. */
  #renew(topic: CachedTopic): boolean {
    const { generation, text } = topic;
    if (generation === this.#generation) return true;
    if (
      generation === 0 ||
      this.#recent.mayTouch(text, generation, this.#generation)
    ) return false;
    topic.generation = this.#generation;
    return true;
  }

  #retain(message: Message): boolean {
    const outcome = this.retained.apply(message);
    return outcome !== "too-many-messages" && outcome !== "too-many-bytes";
  }

  /** Finds the route of a topic; returns the object that has it. */
  #resolve(topic: CachedTopic): CachedTopic {
    const cache = this.#cache;
    if (topic.slot < 0) {
      // Evicted, or never admitted. The cache may have another object of the
      // same name by now.
      const { bytes, hash } = topic;
      const twin = cache.find(bytes, 0, bytes.length, hash);
      if (twin === null) cache.admit(topic);
      else topic = twin;
    }
    if (this.#renew(topic)) return topic;
    const before = topic.route?.weight ?? 0;
    const walk = this.#walk;
    walk.match(this.#table.tree, topic.text);
    topic.forget();
    if (walk.count === 1) {
      const found = walk.found[0];
      if (found instanceof Recipients) topic.route = found.route;
      else topic.only = found;
    } else if (walk.count > 1) {
      const isSpecial = topic.text.includes("/$");
      topic.route = mergeRoute(walk.found, walk.count, isSpecial);
    }
    walk.clear();
    if (topic.slot >= 0) {
      topic.generation = this.#generation;
      cache.hold(topic, before);
    }
    return topic;
  }

  /** Posts to a member of each shared group; returns the number of deliveries. */
  #share(
    route: Route,
    topicHash: number,
    message: Message,
    publisher: Subscriber | null,
  ): number {
    const choice = this.#choice;
    choice.topicHash = topicHash;
    choice.publisher = publisher;
    choice.message = message;
    let count = 0;
    const groups = route.groups;
    for (let i = 0; i < groups.length; i++) {
      const member = groups[i].choose(choice, null);
      if (member === null) continue;
      member.subscriber.deliver(message, member);
      count++;
    }
    return count;
  }

  /** Outdates the routes that `filter` may change. */
  #invalidate(filter: string): void {
    if (hasWildcard(filter)) {
      this.#recent.note(++this.#generation, filter);
      return;
    }
    const bytes = encodeUtf8(filter);
    const hash = hashTopic(bytes, 0, bytes.length, this.#seed);
    const topic = this.#cache.find(bytes, 0, bytes.length, hash);
    if (topic !== null) this.#cache.forget(topic);
  }
}

/** Posts one delivery; returns 1, or 0 where No Local forbids it. */
function post(
  delivery: Delivery,
  message: Message,
  publisher: Subscriber | null,
): number {
  let to: Delivery | null = delivery;
  if (to.subscriber === publisher) {
    to = to.toPublisher;
    if (to === null) return 0;
  }
  to.subscriber.deliver(message, to);
  return 1;
}

function makeTopic(
  bytes: Uint8Array,
  start: number,
  end: number,
  hash: number,
  volatile: readonly string[],
): CachedTopic {
  const text = decodeUtf8(bytes, start, end);
  const fault = validateTopicName(text);
  if (fault !== null) {
    throw new ProtocolError(ReasonCode.TopicNameInvalid, fault);
  }
  // The `slice` of a Node Buffer would be a view into the chunk.
  const own = new Uint8Array(end - start);
  for (let i = 0; i < own.length; i++) own[i] = bytes[start + i];
  return new CachedTopic(text, own, hash, isVolatile(text, volatile));
}

/** Returns whether no store keeps the messages of a topic. */
function isVolatile(topicName: string, filters: readonly string[]): boolean {
  return topicName.startsWith("$SYS/") ||
    filters.some((filter) => topicMatches(filter, topicName));
}
