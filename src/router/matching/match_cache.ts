import { broken } from "../../errors/mod.ts";
import type { CachedTopic } from "./cached_topic.ts";

/** Slots of a set: a lookup compares at most this many hashes. */
const WAYS = 8;

/** First number of slots; the table doubles with the topics. */
const FIRST_SLOTS = 1024;

/** Array places of routes for each topic of the capacity. */
const WEIGHT_PER_TOPIC = 16;

/** Bits for missed topics, for each topic of the capacity. */
const SEEN_PER_TOPIC = 4;

/** Misses on full sets for one try to evict a topic. */
const MISSES_PER_CHANCE = 4;

/** The latest number of a topic, over all caches. */
let numbered = 0;

/**
 * Topics with their routes, by their bytes: a lookup makes no string.
 *
 * The cache admits a topic at its second miss: many topics are used once, and
 * an admitted one outlives the garbage collector's young generation.
 *
 * A topic's hash leads to a set of eight slots. When a set is full, the table
 * doubles, up to its bound. Then the set evicts by second chance, and slowly:
 * with more topics in turn than room, evicting at each miss would drop every
 * topic just before its next use.
 */
export class MatchCache {
  #topics: (CachedTopic | null)[] = [];
  #hashes: Int32Array = new Int32Array(0);
  #setMask = 0;
  #size = 0;
  #weight = 0;
  #hand = 0;
  #misses = 0;
  /** Bits by hash: topics missed lately. */
  readonly #seen: Int32Array;
  #marked = 0;
  readonly #maxSlots: number;

  /** `capacity` in topics, at least 1; rounded up to a power of two. */
  constructor(capacity: number) {
    const slots = 2 ** Math.ceil(Math.log2(capacity));
    this.#maxSlots = Math.max(WAYS, slots);
    this.#seen = new Int32Array(this.#maxSlots * SEEN_PER_TOPIC / 32);
    this.#lay(Math.min(this.#maxSlots, FIRST_SLOTS));
  }

  /** Returns the number of slots, in use or not. */
  get slots(): number {
    return this.#topics.length;
  }

  /** Returns the number of topics. */
  get size(): number {
    return this.#size;
  }

  /** Returns the array places of all routes. */
  get weight(): number {
    return this.#weight;
  }

  /** Iterates over all topics, in no order. */
  *topics(): IterableIterator<CachedTopic> {
    for (const topic of this.#topics) if (topic !== null) yield topic;
  }

  /** Returns the topic with these bytes and their hash, or null. */
  find(
    bytes: Uint8Array,
    start: number,
    end: number,
    hash: number,
  ): CachedTopic | null {
    const first = (hash & this.#setMask) * WAYS;
    const hashes = this.#hashes;
    for (let slot = first; slot < first + WAYS; slot++) {
      if (hashes[slot] !== hash) continue;
      const topic = this.#topics[slot];
      if (topic === null || !sameBytes(topic.bytes, bytes, start, end)) {
        continue;
      }
      // Read before write: a write dirties the cache line of a hot topic.
      if (!topic.used) topic.used = true;
      return topic;
    }
    return null;
  }

  /** Admits a topic, unless it is long, missed for the first time, or its set full. */
  admit(topic: CachedTopic): void {
    if (topic.isLong) return;
    if (!this.#seenBefore(topic.hash)) return;
    let slot = this.#freeSlot(topic.hash);
    // The table doubles only while it is half full.
    while (
      slot < 0 && this.#topics.length < this.#maxSlots &&
      this.#size * 2 >= this.#topics.length
    ) {
      this.#grow();
      slot = this.#freeSlot(topic.hash);
    }
    if (slot < 0) slot = this.#evictFrom((topic.hash & this.#setMask) * WAYS);
    if (slot < 0) return;
    this.#place(topic, slot);
    this.#size++;
    // From now on caches of rights may use it as a key.
    if (topic.number === 0) topic.number = ++numbered;
  }

  /**
   * Counts the new route of a cached topic in place of one of `before` places,
   * and drops other routes while all take too many places.
   */
  hold(topic: CachedTopic, before: number): void {
    this.#weight += (topic.route?.weight ?? 0) - before;
    const bound = this.#maxSlots * WEIGHT_PER_TOPIC;
    const slots = this.#topics.length;
    for (let n = 0; this.#weight > bound && n < slots; n++) {
      const other = this.#topics[this.#hand++ & slots - 1];
      if (other !== null && other !== topic) this.forget(other);
    }
  }

  /** Drops the route of a cached topic. */
  forget(topic: CachedTopic): void {
    this.#weight -= topic.route?.weight ?? 0;
    if (this.#weight < 0) this.#weight = broken("cached-routes", this.#weight);
    topic.forget();
  }

  /**
   * Drops the outdated routes in the next `max` slots: they would keep ended
   * sessions alive.
   */
  sweep(max: number, holds: (topic: CachedTopic) => boolean): void {
    const slots = this.#topics.length;
    for (let n = Math.min(max, slots); n > 0; n--) {
      const topic = this.#topics[this.#hand++ & slots - 1];
      if (topic !== null && !holds(topic)) this.forget(topic);
    }
  }

  /** Notes a miss; returns whether it was noted before. Bounds the misses noted. */
  #seenBefore(hash: number): boolean {
    const seen = this.#seen;
    const word = (hash >>> 5) & seen.length - 1;
    const bit = 1 << (hash & 31);
    if ((seen[word] & bit) !== 0) return true;
    if (++this.#marked > this.#maxSlots) {
      seen.fill(0);
      this.#marked = 1;
    }
    seen[word] |= bit;
    return false;
  }

  #freeSlot(hash: number): number {
    const first = (hash & this.#setMask) * WAYS;
    for (let slot = first; slot < first + WAYS; slot++) {
      if (this.#topics[slot] === null) return slot;
    }
    return -1;
  }

  /** Tries to evict a topic of a full set; returns its slot, or -1. */
  #evictFrom(first: number): number {
    if (++this.#misses % MISSES_PER_CHANCE !== 0) return -1;
    const slot = first + (this.#hand++ & WAYS - 1);
    const topic = this.#topics[slot] as CachedTopic;
    if (topic.used) {
      topic.used = false;
      return -1;
    }
    this.forget(topic);
    topic.slot = -1;
    this.#topics[slot] = null;
    this.#size--;
    return slot;
  }

  #place(topic: CachedTopic, slot: number): void {
    this.#topics[slot] = topic;
    this.#hashes[slot] = topic.hash;
    topic.slot = slot;
  }

  #grow(): void {
    const before = this.#topics;
    this.#lay(before.length * 2);
    // A set becomes two, so each topic finds a free slot.
    for (const topic of before) {
      if (topic !== null) this.#place(topic, this.#freeSlot(topic.hash));
    }
  }

  #lay(slots: number): void {
    this.#topics = new Array(slots).fill(null);
    this.#hashes = new Int32Array(slots);
    this.#setMask = slots / WAYS - 1;
  }
}

/** Compares backwards: topics differ at the end more often. */
function sameBytes(
  topic: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  let i = topic.length;
  if (i !== end - start) return false;
  while (--i >= 0) {
    if (topic[i] !== bytes[start + i]) return false;
  }
  return true;
}
