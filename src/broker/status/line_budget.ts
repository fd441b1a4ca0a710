import type { Clock } from "../../clock/mod.ts";

/**
 * Lines that may be written: as many at once as `burst`, and `perSecond` for
 * each second that passes, both at least 1.
 */
export class LineBudget {
  readonly #clock: Clock;
  readonly #burst: number;
  readonly #perSecond: number;
  #left: number;
  /** When `#left` was right (ms). */
  #at: number;

  /** Begins with the whole burst. */
  constructor(clock: Clock, burst: number, perSecond: number) {
    this.#clock = clock;
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#left = burst;
    this.#at = clock.now();
  }

  /** Takes a line; false when there is none left. */
  take(): boolean {
    const now = this.#clock.now();
    const earned = (now - this.#at) / 1000 * this.#perSecond;
    this.#left = Math.min(this.#burst, this.#left + earned);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
