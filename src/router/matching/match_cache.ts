import type { CachedTopic } from "./cached_topic.ts";

/** Slots a topic can stand in: a lookup compares at most this many hashes. */
const WAYS = 8;

/** Slots to begin with; the table doubles as topics come. */
const FIRST_SLOTS = 1024;

/** Array places the routes may take, for each topic there is room for. */
const WEIGHT_PER_TOPIC = 16;

/** Bits of the memory of missed topics, for each topic there is room for. */
const SEEN_PER_TOPIC = 4;

/** How many misses on a full set are needed to question one of its topics. */
const MISSES_PER_CHANCE = 4;

/** Counted over all caches: a number is given once. */
let numbered = 0;

/**
 * Topics with their routes, found by their bytes without making a string.
 *
 * A topic is taken in when it is missed for the second time: many are used
 * once, and what is taken in outlives the garbage collector's young years.
 *
 * A topic's hash leads to a set of eight slots. When they are all taken the
 * table doubles, up to its bound; then the set gives way by second chance, and
 * slowly: when more topics pass by in turn than there is room for, evicting
 * at each miss would throw out every one just before it is needed again.
 */
export class MatchCache {
  #topics: (CachedTopic | null)[] = [];
  #hashes: Int32Array = new Int32Array(0);
  #setMask = 0;
  #size = 0;
  #weight = 0;
  #hand = 0;
  #misses = 0;
  /** Bits by hash: topics missed before, of late. */
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

  /** Places that there are now, in use or not. */
  get slots(): number {
    return this.#topics.length;
  }

  /** Topics held now. */
  get size(): number {
    return this.#size;
  }

  /** Array places taken by the routes. */
  get weight(): number {
    return this.#weight;
  }

  /** All topics held now, in no order. */
  *topics(): IterableIterator<CachedTopic> {
    for (const topic of this.#topics) if (topic !== null) yield topic;
  }

  /** The topic with these bytes and this hash of them, or null. */
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

  /** Takes a topic in that is not held, when it is worth it and has room. */
  admit(topic: CachedTopic): void {
    if (!this.#seenBefore(topic.hash)) return;
    let slot = this.#freeSlot(topic.hash);
    // Growing must pay: the table doubles only while it is half full.
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
    // From now on what others know of it finds it again.
    if (topic.number === 0) topic.number = ++numbered;
  }

  /**
   * Counts the route that a held topic was just given in place of one of
   * `before` places, and drops other routes while there are too many places.
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

  /** Forgets the route of a held topic. */
  forget(topic: CachedTopic): void {
    this.#weight -= topic.route?.weight ?? 0;
    topic.forget();
  }

  /**
   * Forgets the routes that do not hold in up to `max` slots, going round:
   * they would hold on to sessions that are gone.
   */
  sweep(max: number, holds: (topic: CachedTopic) => boolean): void {
    const slots = this.#topics.length;
    for (let n = Math.min(max, slots); n > 0; n--) {
      const topic = this.#topics[this.#hand++ & slots - 1];
      if (topic !== null && !holds(topic)) this.forget(topic);
    }
  }

  /** Notes a miss; forgets all of them when there are too many to tell. */
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

  /** Questions one topic of a full set: the slot when it had to go, or -1. */
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
    // A set parts into two, so that every topic finds a free slot.
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

/** From the end: topics differ there more often than at the start. */
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
