/** Numbers of one page; a power of two. */
const PAGE = 64;

/**
 * Values by number. Numbers are assigned in order, so neighbours mostly live
 * and die together. They share a page, which takes a fraction of the memory of
 * a map, and the next call mostly needs the same page.
 */
export class NumberTable<T> {
  #pages = new Map<number, (T | undefined)[]>();
  #page: (T | undefined)[] | undefined;
  #pageNumber = -1;

  /** Returns the value of `number`. */
  get(number: number): T | undefined {
    return this.#find(number)?.[number % PAGE];
  }

  /** Sets the value of `number`. */
  set(number: number, thing: T): void {
    let page = this.#find(number);
    if (page === undefined) {
      page = new Array<T | undefined>(PAGE).fill(undefined);
      this.#pages.set(this.#pageNumber, page);
      this.#page = page;
    }
    page[number % PAGE] = thing;
  }

  /** Deletes the value of `number`. */
  delete(number: number): void {
    const page = this.#find(number);
    if (page !== undefined) page[number % PAGE] = undefined;
  }

  /**
   * Yields all values in the order of their numbers, and frees each page after
   * it.
   */
  *drain(): Generator<T> {
    const numbers = [...this.#pages.keys()].sort((a, b) => a - b);
    this.#pageNumber = -1;
    for (const number of numbers) {
      const page = this.#pages.get(number)!;
      this.#pages.delete(number);
      for (const thing of page) {
        if (thing !== undefined) yield thing;
      }
    }
  }

  #find(number: number): (T | undefined)[] | undefined {
    // Shifts would fail: numbers may exceed 2^31.
    const pageNumber = Math.floor(number / PAGE);
    if (pageNumber !== this.#pageNumber) {
      this.#pageNumber = pageNumber;
      this.#page = this.#pages.get(pageNumber);
    }
    return this.#page;
  }
}
