import { type Rights, RIGHTS_END } from "../../security/mod.ts";

/** Places of a pair, and the most that a lookup visits. */
const WAYS = 8;

/** First number of sets; it doubles with the pairs. */
const FIRST_SETS = 128;

/** The most places by default. */
const MOST = 2 ** 20;

/**
 * Rights of sessions to topics, for the latest pairs. One table for all has one
 * bound.
 *
 * The sessions of one topic are neighbours: a message for many of them reads
 * memory from front to back.
 */
export class AuthorizationCache {
  /** Two numbers a place: the topic's, then the session's with the rights. */
  #places = new Float64Array(2 * WAYS * FIRST_SETS);
  #setMask = FIRST_SETS - 1;
  #size = 0;
  /** The place of a full set that is replaced next. */
  #hand = 0;

  readonly #most: number;

  /** `most` places, 16 bytes each: at least 1024, a power of two. */
  constructor(most: number = MOST) {
    this.#most = most;
  }

  /** Number of cached pairs. */
  get size(): number {
    return this.#size;
  }

  /** Returns the number of places. */
  get capacity(): number {
    return (this.#setMask + 1) * WAYS;
  }

  /**
   * Returns the cached rights of the session to the topic by their numbers, both
   * at least 1, the session's below 2^34; -1 for an unknown pair.
   */
  find(topic: number, session: number): Rights | -1 {
    const places = this.#places;
    const first = this.#setOf(topic, session);
    const least = session * RIGHTS_END;
    for (let at = first; at < first + 2 * WAYS; at += 2) {
      if (places[at] !== topic) continue;
      const rights = places[at + 1] - least;
      if (rights >= 0 && rights < RIGHTS_END) return rights;
    }
    return -1;
  }

  /** Adds an unknown pair, perhaps in place of another. */
  note(topic: number, session: number, rights: Rights): void {
    let at = this.#free(topic, session);
    // The table doubles only while it is half full.
    if (
      at < 0 && this.#size * 2 >= this.capacity && this.capacity < this.#most
    ) {
      this.#grow();
      at = this.#free(topic, session);
    }
    if (at < 0) {
      this.#hand = (this.#hand + 1) & (WAYS - 1);
      at = this.#setOf(topic, session) + 2 * this.#hand;
    } else this.#size++;
    this.#places[at] = topic;
    this.#places[at + 1] = session * RIGHTS_END + rights;
  }

  /** Drops all pairs. */
  clear(): void {
    this.#lay(FIRST_SETS);
  }

  /** Returns the index of the first place of a pair's set. */
  #setOf(topic: number, session: number): number {
    // Topics count up by one: multiplying spreads their sets.
    return ((Math.imul(topic, 0x9e3779b1) + session) & this.#setMask) *
      (2 * WAYS);
  }

  /** Returns a free place for the pair; -1 when its set is full. */
  #free(topic: number, session: number): number {
    const first = this.#setOf(topic, session);
    for (let at = first; at < first + 2 * WAYS; at += 2) {
      if (this.#places[at] === 0) return at;
    }
    return -1;
  }

  #lay(sets: number): void {
    this.#places = new Float64Array(2 * WAYS * sets);
    this.#setMask = sets - 1;
    this.#size = 0;
  }

  #grow(): void {
    const before = this.#places;
    this.#lay((this.#setMask + 1) * 2);
    // A set becomes two, so each pair finds a free place.
    for (let i = 0; i < before.length; i += 2) {
      if (before[i] === 0) continue;
      const session = Math.floor(before[i + 1] / RIGHTS_END);
      const at = this.#free(before[i], session);
      this.#places[at] = before[i];
      this.#places[at + 1] = before[i + 1];
      this.#size++;
    }
  }
}
