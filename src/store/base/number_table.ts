/** Numbers of one page; a power of two. */
const PAGE = 64;

/**
 * Things by their number. Numbers are given in order, so that neighbours are
 * mostly there together or gone together: they share a page, which takes a
 * fraction of what a map would, and the same page mostly serves the next call.
 */
export class NumberTable<T> {
  #pages = new Map<number, (T | undefined)[]>();
  #page: (T | undefined)[] | undefined;
  #pageNumber = -1;

  /** The thing with this number. */
  get(number: number): T | undefined {
    return this.#find(number)?.[number % PAGE];
  }

  /** Puts a thing in place of any other with its number. */
  set(number: number, thing: T): void {
    let page = this.#find(number);
    if (page === undefined) {
      page = new Array<T | undefined>(PAGE).fill(undefined);
      this.#pages.set(this.#pageNumber, page);
      this.#page = page;
    }
    page[number % PAGE] = thing;
  }

  /** Forgets the thing with this number. */
  delete(number: number): void {
    const page = this.#find(number);
    if (page !== undefined) page[number % PAGE] = undefined;
  }

  /**
   * Takes out all things in the order of their numbers, and forgets a page
   * once it was handed out.
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
    // Not by shifts: numbers may be above 2^31.
    const pageNumber = Math.floor(number / PAGE);
    if (pageNumber !== this.#pageNumber) {
      this.#pageNumber = pageNumber;
      this.#page = this.#pages.get(pageNumber);
    }
    return this.#page;
  }
}
