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

/** What `Router.publish` returns when the message could not be retained. */
export const RETAINED_FULL: number = -1;

/** In a choice before any message has come. */
const NOTHING = new Message(
  new Topic("", new Uint8Array(0)),
  new Uint8Array(0),
  0,
  0,
);

/** How a `Router` is set up. */
export interface RouterOptions {
  /**
   * Topics whose matches are remembered, 1 to 2^24; rounded up to a power of
   * two.
   * @default 131072
   */
  readonly cacheSize?: number;
  /**
   * Who of a shared group gets a message.
   * @default "round-robin"
   */
  readonly sharedStrategy?: SharedStrategy;
  /**
   * Bound of retained messages; 0 = none.
   * @default 0
   */
  readonly retainedMessages?: number;
  /**
   * Bound of the bytes of retained messages; 0 = none.
   * @default 0
   */
  readonly retainedBytes?: number;
  /**
   * Gives numbers from 0 up to but not including 1.
   * @default Math.random
   */
  readonly random?: () => number;
  /**
   * Topic filters whose messages are never stored.
   * @default []
   */
  readonly volatile?: readonly string[];
}

/** Who gets a message: subscriptions, matches, retained, shared groups. */
export class Router {
  /** The retained messages. */
  readonly retained: RetainedStore;
  readonly #table = new SubscriptionTable();
  readonly #cache: MatchCache;
  readonly #walk = new TreeWalk();
  readonly #seed: number;
  /** Filters of what is never stored. */
  #volatile: readonly string[];
  /** Filled anew for every message that goes to a shared group. */
  readonly #choice: Choice;
  /**
   * Grows with every change of a filter with wildcards. The route of an older
   * generation holds as long as no change since then touches its topic.
   */
  #generation = 1;
  readonly #recent = new RecentChanges();
  /** The generation that the match cache is swept for. */
  #sweptFor = -1;
  /** Places of the match cache that have not been swept for it. */
  #unswept = 0;
  /** Publishers repeat themselves: the topic that was asked for last. */
  #last: CachedTopic;

  /** Throws RangeError for a cache size out of its range. */
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
    });
    this.#last = new CachedTopic("", new Uint8Array(0), 0, true);
  }

  /** Who of a shared group gets a message; may be changed at any time. */
  get sharedStrategy(): SharedStrategy {
    return this.#choice.strategy;
  }
  set sharedStrategy(strategy: SharedStrategy) {
    this.#choice.strategy = strategy;
  }

  /** Filters of what is never stored; what is stored already stays. */
  set volatile(filters: readonly string[]) {
    this.#volatile = filters;
    for (const topic of this.#cache.topics()) {
      topic.volatile = isVolatile(topic.text, filters);
    }
    // It may be one that the cache does not hold.
    this.#last = new CachedTopic("", new Uint8Array(0), 0, true);
  }

  /** Subscriptions of all sessions, shared ones included. */
  get subscriptionCount(): number {
    return this.#table.count;
  }

  /** Is told of every subscription and retained message; null for nobody. */
  get changes(): Changes | null {
    return this.#table.changes;
  }
  set changes(changes: Changes | null) {
    this.#table.changes = changes;
    this.retained.listener = changes;
  }

  /** Shared subscriptions of all sessions. */
  get sharedSubscriptionCount(): number {
    return this.#table.shared;
  }

  /** Sessions with at least one subscription. */
  get subscriberCount(): number {
    return this.#table.subscribers;
  }

  /**
   * The topic whose name is `bytes` from `start` to `end`. No string is made
   * for one that is in the match cache. Throws ProtocolError: 0x81 when it is
   * no well-formed UTF-8, 0x90 when it is no topic name.
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

  /** The same for a name that is text; throws as `topic` does. */
  topicOf(text: string): CachedTopic {
    const bytes = encodeUtf8(text);
    return this.topic(bytes, 0, bytes.length);
  }

  /**
   * Adds a subscription; true when it is new, false when it replaced one with
   * the same filter and group. `filter` is valid and stands without
   * `$share/group/`; `group` is null when it is not shared.
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

  /** Removes a subscription; false when there was none. */
  unsubscribe(
    subscriber: Subscriber,
    filter: string,
    group: string | null,
  ): boolean {
    if (!this.#table.remove(subscriber, filter, group)) return false;
    this.#invalidate(filter);
    return true;
  }

  /** Whether the subscriber has a subscription with this filter and group. */
  isSubscribed(
    subscriber: Subscriber,
    filter: string,
    group: string | null,
  ): boolean {
    return this.#table.get(subscriber, filter, group) !== null;
  }

  /**
   * Returns whether `subscriber`, which has `held` subscriptions, may have this
   * one too, so that the match of a topic compares at most `most` levels
   * because of its wildcards and share names.
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

  /** Subscribes as `subscribe` does, and gives what the store knows it by. */
  restoreSubscription(
    subscriber: Subscriber,
    filter: string,
    group: string | null,
    options: SubscriptionOptions,
  ): StoredSubscription {
    // Outdates all routes, but there are hardly any by now.
    this.#recent.noteAll(++this.#generation);
    return this.#table.put(subscriber, filter, group, options);
  }

  /**
   * The subscriptions of a session, oldest first. They must not change while
   * one iterates.
   */
  subscriptionsOf(subscriber: Subscriber): IterableIterator<SubscriptionEntry> {
    return this.#table.of(subscriber);
  }

  /**
   * Retains the message when it is to be retained, then posts it once to each
   * session with a matching subscription and once to each shared group.
   * `publisher` is who sent it, for no local; null for the broker itself.
   * Returns the number of deliveries; RETAINED_FULL when the message could not
   * be retained, and then it is delivered to nobody.
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
    // Nobody would tell a topic outside the cache that its route is outdated.
    if (at.slot < 0) at.forget();
    return count;
  }

  /**
   * Posts a message that a member of a shared group did not acknowledge to
   * another member; false when there is none. `delivery` is how the leaver got
   * it. The leaver may have unsubscribed already.
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

  /** The retained messages for a new subscription, to be taken in slices. */
  retainedMatching(filter: string): RetainedCursor {
    return this.retained.matching(filter);
  }

  /** Whether `filter` may match a retained message; answered at once. */
  mayBeRetained(filter: string): boolean {
    return hasWildcard(filter) || this.retained.has(filter);
  }

  /**
   * Housekeeping in a bounded slice: removes retained messages expired at
   * `now` (ms) among up to `max` nodes, and lets go of outdated routes in as
   * many places of the match cache. Returns when there is more to do, in ms: a
   * time that has passed, one to come, or Infinity; sooner when a filter or a
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

  /** Brings a route up to the present generation; false when it may not hold. */
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

  /** Finds where the messages of a topic go; the result says it. */
  #resolve(topic: CachedTopic): CachedTopic {
    const cache = this.#cache;
    if (topic.slot < 0) {
      // Kept from before it was evicted, or never taken in. Meanwhile there
      // may be another object for the same name.
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

  /** Chooses a member of each shared group; returns the deliveries made. */
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

  /** Outdates the routes that may have changed with `filter`. */
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

/** Posts one delivery; returns 1, or 0 when no local forbids it. */
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
  // Not `slice`: that of a Node Buffer would be a view into the chunk.
  const own = new Uint8Array(end - start);
  for (let i = 0; i < own.length; i++) own[i] = bytes[start + i];
  return new CachedTopic(text, own, hash, isVolatile(text, volatile));
}

/** Whether messages of a topic are never stored. */
function isVolatile(topicName: string, filters: readonly string[]): boolean {
  return topicName.startsWith("$SYS/") ||
    filters.some((filter) => topicMatches(filter, topicName));
}
