import type { Cancel, Clock } from "../../clock/mod.ts";

/** Pause before a failed snapshot is tried again, ms. */
const RETRY = 60_000;

/** Knows when the next snapshot is due, by time or because one failed. */
export class SnapshotTimer {
  readonly #clock: Clock;
  readonly #settings: { readonly snapshotInterval: number };
  #cancel: Cancel | null = null;
  #ended = false;
  /** Whether the next commit that is worth it begins a snapshot. */
  isDue = false;
  /** Whether a snapshot has failed, and none begins before the timer fires. */
  rests = false;

  /** Waits for nothing yet; reads the interval, ms, whenever it waits. */
  constructor(
    clock: Clock,
    settings: { readonly snapshotInterval: number },
  ) {
    this.#clock = clock;
    this.#settings = settings;
  }

  /**
   * Has a snapshot due after the interval. It then waits for the next commit:
   * nothing changes before.
   */
  wait(): void {
    this.isDue = this.rests = false;
    this.#after(this.#settings.snapshotInterval, () => {
      this.isDue = true;
    });
  }

  /**
   * Calls `again` after a pause, without a commit: the copy is behind already.
   */
  waitAgain(again: () => void): void {
    this.isDue = false;
    this.rests = true;
    this.#after(Math.min(RETRY, this.#settings.snapshotInterval), () => {
      this.rests = false;
      again();
    });
  }

  /** A snapshot begins: none is due. */
  begun(): void {
    this.#cancel?.();
    this.isDue = false;
  }

  /** Stops for good. */
  end(): void {
    this.#ended = true;
    this.#cancel?.();
  }

  #after(ms: number, task: () => void): void {
    this.#cancel?.();
    if (!this.#ended) this.#cancel = this.#clock.after(ms, task);
  }
}
