/**
 * A map that returns its oldest entry. Adding, deleting and returning the oldest
 * take constant time: a new iterator over a `Map` would visit all deleted places.
 */
export class OrderedMap<K, V> {
  readonly #entries = new Map<K, V>();
  /** Has passed only entries deleted since, and `#first`. */
  #walk: Iterator<[K, V]> | null = null;
  #first: [K, V] | null = null;

  /** Returns the number of entries. */
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

  /** Returns the oldest entry, which stays; null when there is none. */
  first(): V | null {
    if (this.#entries.size === 0) return null;
    this.#first ??= this.#next();
    return this.#first[1];
  }

  /** Returns the next entry; one exists that the walk has not passed. */
  #next(): [K, V] {
    const next = this.#walk?.next();
    if (next !== undefined && !next.done) return next.value;
    // A finished walk never returns later entries.
    this.#walk = this.#entries.entries();
    return this.#walk.next().value;
  }
}
