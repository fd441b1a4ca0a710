/** A day of the calendar, in ms. */
const DAY = 86_400_000;

/** Counts bytes written since the day (UTC) began: cards wear out by them. */
export class WriteCounter {
  #day = 0;
  /** What had been written when the day began. */
  #before = 0;
  /** What had been written when it was last asked. */
  #last = 0;

  /**
   * Bytes of the day that `now` is in (ms since 1970), by `written`, those
   * there ever were. What was written between two calls counts as the later
   * one's, so it is to be called after each commit.
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
