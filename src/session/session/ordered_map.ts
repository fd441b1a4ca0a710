/**
 * A map that gives its oldest entry. Adding, deleting and looking at the
 * oldest each take the same time however many entries there are: a new
 * iterator over a `Map` would pass over all places that were deleted.
 */
export class OrderedMap<K, V> {
  readonly #entries = new Map<K, V>();
  /** Has passed nothing but entries deleted since, and `#first`. */
  #walk: Iterator<[K, V]> | null = null;
  #first: [K, V] | null = null;

  /** How many entries there are. */
  get size(): number {
    return this.#entries.size;
  }

  /** Adds an entry behind all others, in place of one with the same key. */
  set(key: K, value: V): void {
    this.delete(key);
    this.#entries.set(key, value);
  }

  /** Deletes the entry with this key, if there is one. */
  delete(key: K): void {
    if (this.#first !== null && this.#first[0] === key) this.#first = null;
    this.#entries.delete(key);
  }

  /** The oldest entry, which stays; null when there is none. */
  first(): V | null {
    if (this.#entries.size === 0) return null;
    this.#first ??= this.#next();
    return this.#first[1];
  }

  /** An entry exists that the walk has not passed. */
  #next(): [K, V] {
    const next = this.#walk?.next();
    if (next !== undefined && !next.done) return next.value;
    // A walk at its end never sees what is added behind it.
    this.#walk = this.#entries.entries();
    return this.#walk.next().value;
  }
}
