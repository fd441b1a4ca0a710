/** An item of an `IndexedList`. */
export interface Keyed<K> {
  /** Its key, which no other item of the list has. */
  readonly key: K;
}

/** Length from which on comparing each item costs more than a map. */
const INDEXED_FROM = 16;

/**
 * A dense array, which PUBLISH walks and SUBSCRIBE searches. A short list
 * compares each item; a long one has a map of positions, as the time for 100,000
 * subscribers to one filter would grow with their square. Removing moves the
 * last item into the gap, so the order changes.
 */
export class IndexedList<K, V extends Keyed<K>> {
  /** The items; only this class changes the array. */
  readonly items: V[] = [];
  #positions: Map<K, number> | null = null;

  /** Returns the item with `key`, or undefined. */
  find(key: K): V | undefined {
    const position = this.#positionOf(key);
    return position < 0 ? undefined : this.items[position];
  }

  /** Replaces the item with the key of `item`, or adds `item` at the end. */
  put(item: V): void {
    const position = this.#positionOf(item.key);
    if (position >= 0) {
      this.items[position] = item;
      return;
    }
    this.items.push(item);
    const length = this.items.length;
    if (this.#positions !== null) {
      this.#positions.set(item.key, length - 1);
    } else if (length >= INDEXED_FROM) {
      this.#positions = new Map();
      for (let i = 0; i < length; i++) {
        this.#positions.set(this.items[i].key, i);
      }
    }
  }

  /** Removes the item with `key`, if any. */
  remove(key: K): void {
    const position = this.#positionOf(key);
    if (position < 0) return;
    const last = this.items.pop() as V;
    this.#positions?.delete(key);
    if (position === this.items.length) return;
    this.items[position] = last;
    this.#positions?.set(last.key, position);
  }

  #positionOf(key: K): number {
    if (this.#positions !== null) return this.#positions.get(key) ?? -1;
    const items = this.items;
    for (let i = 0; i < items.length; i++) {
      if (items[i].key === key) return i;
    }
    return -1;
  }
}
