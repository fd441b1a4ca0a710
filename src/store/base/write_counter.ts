/** A day of the calendar, in ms. */
const DAY = 86_400_000;

/**
 * Counts bytes written since the day (UTC) began: flash cards wear out by them.
 */
export class WriteCounter {
  #day = 0;
  /** Bytes written when the day began. */
  #before = 0;
  /** Bytes written at the last call. */
  #last = 0;

  /**
   * Returns the bytes written on the day of `now` (ms since 1970); `written` is
   * the total so far. Bytes between two calls count for the later day, so each
   * commit needs a call.
   */
  today(written: number, now: number): number {
    const day = Math.floor(now / DAY);
    if (day !== this.#day) {
      this.#day = day;
      this.#before = this.#last;
    }
    this.#last = written;
    return written - this.#before;
  }
}
