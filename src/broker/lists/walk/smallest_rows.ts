/** A value that rows are sorted by; null comes last in both directions. */
export type SortKey = number | string | null;

/** The place of a row in a sorted list. */
export interface Place {
  /** The value of the column that the list is sorted by. */
  readonly key: SortKey;
  /** Unique among the rows; rows of the same key are in its order. */
  readonly id: string;
}

/** A row and its place. */
interface Placed<Row> extends Place {
  readonly row: Row;
}

/**
 * Keeps the first rows of a sorted list behind a place, out of any number of
 * rows in any order. A heap: each row costs some ten comparisons at most, while
 * sorting a thousand rows at once would take a whole turn.
 */
export class SmallestRows<Row> {
  readonly #limit: number;
  readonly #sign: 1 | -1;
  readonly #after: Place | null;
  /** The last row of the page comes first, in a binary heap. */
  readonly #heap: Placed<Row>[] = [];
  readonly #ids = new Set<string>();
  /** Whether rows follow behind the page. */
  hasMore = false;

  /** Keeps up to `limit` rows behind `after`; null begins with the first. */
  constructor(limit: number, isDescending: boolean, after: Place | null) {
    this.#limit = limit;
    this.#sign = isDescending ? -1 : 1;
    this.#after = after;
  }

  /** Returns the number of rows. */
  get size(): number {
    return this.#heap.length;
  }

  /**
   * Returns whether a row with this key may be among the first, whatever its id:
   * most rows are not, and need no id.
   */
  mayWant(key: SortKey): boolean {
    if (this.#after !== null && this.#compareKeys(key, this.#after.key) < 0) {
      return false;
    }
    const isBehind = this.#heap.length >= this.#limit &&
      this.#compareKeys(key, this.#heap[0].key) > 0;
    if (isBehind) this.hasMore = true;
    return !isBehind;
  }

  /**
   * Returns whether a row is among the first, as far as rows are known. A row
   * whose id is there already is not: a client that comes again is one row.
   */
  wants(key: SortKey, id: string): boolean {
    if (this.#after !== null && this.#compare({ key, id }, this.#after) <= 0) {
      return false;
    }
    if (
      this.#heap.length < this.#limit ||
      this.#compare({ key, id }, this.#heap[0]) < 0
    ) return !this.#ids.has(id);
    if (!this.hasMore && !this.#ids.has(id)) this.hasMore = true;
    return false;
  }

  /** Adds a row that is wanted, in place of the last one if there is no room. */
  add(key: SortKey, id: string, row: Row): void {
    this.#ids.add(id);
    if (this.#heap.length < this.#limit) {
      this.#heap.push({ key, id, row });
      this.#up(this.#heap.length - 1);
      return;
    }
    this.hasMore = true;
    this.#ids.delete(this.#heap[0].id);
    this.#heap[0] = { key, id, row };
    this.#down();
  }

  /** Removes and returns the last row of the page; there must be one. */
  takeLast(): Placed<Row> {
    const [last] = this.#heap;
    const end = this.#heap.pop()!;
    if (this.#heap.length > 0) {
      this.#heap[0] = end;
      this.#down();
    }
    return last;
  }

  #compare(a: Place, b: Place): number {
    const byKey = this.#compareKeys(a.key, b.key);
    if (byKey !== 0) return byKey;
    return a.id < b.id ? -1 : a.id === b.id ? 0 : 1;
  }

  #compareKeys(a: SortKey, b: SortKey): number {
    if (a === b) return 0;
    if (a === null) return 1;
    if (b === null) return -1;
    return a < b ? -this.#sign : this.#sign;
  }

  #up(at: number): void {
    const heap = this.#heap;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#compare(heap[parent], heap[at]) >= 0) return;
      [heap[parent], heap[at]] = [heap[at], heap[parent]];
      at = parent;
    }
  }

  #down(): void {
    const heap = this.#heap;
    for (let at = 0;;) {
      let largest = at;
      for (let child = 2 * at + 1; child <= 2 * at + 2; child++) {
        if (
          child < heap.length && this.#compare(heap[child], heap[largest]) > 0
        ) largest = child;
      }
      if (largest === at) return;
      [heap[largest], heap[at]] = [heap[at], heap[largest]];
      at = largest;
    }
  }
}
