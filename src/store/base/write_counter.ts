/** A day of the calendar, in ms. */
const DAY = 86_400_000;

/** Bytes written to the disk, in whole pages, by what they were for; about. */
export interface Written {
  /** Changes, in the log of the store. */
  readonly log: number;
  /** Live records written again, in the log. */
  readonly cleaning: number;
  /** The second copy of all commits. */
  readonly journal: number;
  /** Copies of the whole store. */
  readonly snapshots: number;
}

const NONE: Written = { log: 0, cleaning: 0, journal: 0, snapshots: 0 };

/** Returns the bytes of all kinds. */
export function sumOf(written: Written): number {
  return written.log + written.cleaning + written.journal + written.snapshots;
}

/**
 * Counts bytes written since the day (UTC) began: flash cards wear out by them.
 */
export class WriteCounter {
  #day = 0;
  /** Bytes written when the day began. */
  #before = NONE;
  /** Bytes written at the last call. */
  #last = NONE;

  /**
   * Returns the bytes written on the day of `now` (ms since 1970); `written` is
   * the total so far. Bytes between two calls count for the later day, so each
   * commit needs a call.
   */
  today(written: Written, now: number): Written {
    const day = Math.floor(now / DAY);
    if (day !== this.#day) {
      this.#day = day;
      this.#before = this.#last;
    }
    this.#last = written;
    const before = this.#before;
    return {
      log: written.log - before.log,
      cleaning: written.cleaning - before.cleaning,
      journal: written.journal - before.journal,
      snapshots: written.snapshots - before.snapshots,
    };
  }
}
