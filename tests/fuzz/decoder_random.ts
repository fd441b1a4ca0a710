/**
 * Numbers that look random and come again from the same seed (mulberry32).
 * `Math.random` cannot be seeded, so a failure could not be repeated.
 */
export class Random {
  #state: number;

  /** `seed` is taken modulo 2^32. */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 up to, but not including, `bound` (1 to 2^32). */
  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ mixed >>> 15, mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61);
    return Math.floor(((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32 * bound);
  }

  /** One of `all`, which is not empty. */
  pick<T>(all: readonly T[]): T {
    return all[this.below(all.length)];
  }
}
