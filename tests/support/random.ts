/** Random numbers that a seed repeats. */
export class Random {
  #state: number;

  /** Any integer; the same one gives the same numbers. */
  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** Begins anew with another seed. */
  begin(seed: number): void {
    this.#state = seed | 0;
  }

  /** A number from 0 up to 1, without 1. */
  next(): number {
    // Mulberry32: short, and good enough to choose by.
    this.#state = this.#state + 0x6d2b79f5 | 0;
    let mixed = Math.imul(this.#state ^ this.#state >>> 15, this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61);
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32;
  }

  /** An integer from 0 up to `end`, without `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  /** An integer from `first` to `last`, both among them. */
  between(first: number, last: number): number {
    return first + this.below(last - first + 1);
  }

  /** True once in `1 / probability` times. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of `list`, which is not empty. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }

  /** Numbers of their own, so that others may be drawn between. */
  child(): Random {
    return new Random(this.below(2 ** 31));
  }
}
