import type { Cancel, Clock } from "../../clock/mod.ts";
import type { Blocks, Commit } from "../blocks/blocks.ts";
import type { Health } from "./health.ts";
import { isTaken } from "../base/store_error.ts";

/** Tries of a commit when the store is closed, before it gives up. */
const CLOSING_TRIES = 3;

/**
 * Time after which a commit that has not ended counts as failing, ms. Slow SD
 * cards take a second or two.
 */
const HANGING = 10_000;

/** The limits of the tries of a commit. */
export interface Patience {
  /** Tries of a commit before it fails for good; undefined = no end. */
  readonly tries: number | undefined;
  /** Makes the final error of the last try's error. */
  readonly lost: (error: unknown) => Error;
}

/**
 * Commits, however many tries it takes; a batch stays in memory until it is
 * written. Reports to a `Health`.
 */
export class PatientCommits {
  readonly #blocks: Blocks;
  readonly #clock: Clock;
  readonly #health: Health;
  readonly #patience: Patience;
  #closing = false;
  /** Ends the pause between two tries. */
  #wake: (() => void) | null = null;
  /** When the present try began, ms; 0 = no try. */
  #began = 0;
  /**
   * One timer for many commits: it is only set again while a commit is under
   * way.
   */
  #watch: Cancel | null = null;
  /** Successful commits. */
  count = 0;
  /** As `Store.onCommit`. */
  onCommit: ((ms: number) => void) | null = null;

  /** Only this may write to `blocks`. */
  constructor(
    blocks: Blocks,
    clock: Clock,
    health: Health,
    patience: Patience,
  ) {
    this.#blocks = blocks;
    this.#clock = clock;
    this.#health = health;
    this.#patience = patience;
  }

  /**
   * Commits `commit`; one call at a time. Resolves to false when another broker
   * has taken the store: no commit succeeds from then on. Rejects with the
   * error of `lost`.
   */
  async make(commit: Commit): Promise<boolean> {
    for (let tries = 1;; tries++) {
      try {
        await this.#watched(commit);
        this.#health.worked();
        this.count++;
        return true;
      } catch (error) {
        const pause = this.#health.failed(error);
        if (isTaken(error)) return false;
        const most = this.#closing ? CLOSING_TRIES : this.#patience.tries;
        if (tries >= (most ?? Infinity)) throw this.#patience.lost(error);
        if (!this.#closing) await this.#pause(pause);
      }
    }
  }

  /** Time since the try under way began (ms); 0 without one. */
  get age(): number {
    return this.#began === 0 ? 0 : this.#clock.now() - this.#began;
  }

  /** Ends the watch; no commit may follow. */
  end(): void {
    this.#watch?.();
    this.#watch = null;
  }

  async #watched(commit: Commit): Promise<void> {
    const began = this.onCommit === null ? 0 : this.#clock.precise();
    this.#began = Math.max(1, this.#clock.now());
    this.#watch ??= this.#clock.after(HANGING, () => this.#look());
    try {
      await this.#blocks.commit(commit);
      if (began > 0) this.onCommit?.(this.#clock.precise() - began);
    } finally {
      this.#began = 0;
    }
  }

  #look(): void {
    this.#watch = null;
    if (this.#began === 0) return;
    const left = this.#began + HANGING - this.#clock.now();
    if (left <= 0) return this.#health.hangs(HANGING);
    this.#watch = this.#clock.after(left, () => this.#look());
  }

  /** Ends pauses, and limits the tries from now on. */
  hurry(): void {
    this.#closing = true;
    this.#wake?.();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}
