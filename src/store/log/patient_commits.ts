import type { Cancel, Clock } from "../../clock/mod.ts";
import type { Blocks, Commit } from "../blocks/blocks.ts";
import type { Health } from "./health.ts";
import { isTaken } from "../base/store_error.ts";

/** Tries of a commit when the store is closed, before it gives up. */
const CLOSING_TRIES = 3;

/**
 * A commit that has not ended after this, ms, counts as failing until it ends.
 * Slow SD cards take a second or two for one.
 */
const HANGING = 10_000;

/** How long it is patient. */
export interface Patience {
  /** Tries of a commit before it is given up; undefined = there is no end. */
  readonly tries: number | undefined;
  /** The error to give up with, made of that of the last try. */
  readonly lost: (error: unknown) => Error;
}

/**
 * Commits, however often it takes; each batch stays in memory until it is
 * written. How it goes is told to a `Health`.
 */
export class PatientCommits {
  readonly #blocks: Blocks;
  readonly #clock: Clock;
  readonly #health: Health;
  readonly #patience: Patience;
  #closing = false;
  /** Ends the pause before a commit is tried again. */
  #wake: (() => void) | null = null;
  /** When the present try began, ms; 0 when none is under way. */
  #began = 0;
  /** One timer for many commits: it is set again only if one is under way. */
  #watch: Cancel | null = null;
  /** Commits that worked. */
  count = 0;

  /** `blocks` is written to by nobody else. */
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
   * Makes `commit` last; one at a time. Resolves to false when another broker
   * has taken the store: no commit works from then on. Rejects with what `lost`
   * gives.
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

  /** No commit is made any more. */
  end(): void {
    this.#watch?.();
    this.#watch = null;
  }

  async #watched(commit: Commit): Promise<void> {
    this.#began = Math.max(1, this.#clock.now());
    this.#watch ??= this.#clock.after(HANGING, () => this.#look());
    try {
      await this.#blocks.commit(commit);
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

  /** From now on there are no pauses, and only a few tries. */
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
