/** A day of the calendar, in ms. */
const DAY = 86_400_000;

/** Counts bytes written since the day (UTC) began: cards wear out by them. */
export class WriteCounter {
  #day = 0;
  #bytes = 0;

  /** `bytes` were written at `now` (ms since 1970). */
  add(bytes: number, now: number): void {
    this.#turn(now);
    this.#bytes += bytes;
  }

  /** Bytes of the day that `now` is in. */
  today(now: number): number {
    this.#turn(now);
    return this.#bytes;
  }

  #turn(now: number): void {
    const day = Math.floor(now / DAY);
    if (day === this.#day) return;
    this.#day = day;
    this.#bytes = 0;
  }
}
