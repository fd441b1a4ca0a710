import { isFull } from "../base/open_fault.ts";
import type { StoreHealth } from "../model/store.ts";

/** First pause before a commit is tried again, ms; each failure doubles it. */
const FIRST_PAUSE = 100;

/** Longest pause, in ms. */
const LAST_PAUSE = 5000;

/** The state of writing, and the pause after a failure. */
export class Health {
  #failures = 0;
  #failure: string | null = null;
  #isFull = false;
  #shortage: string | null = null;
  /** Called when `state` or `reason` may have changed; see `Store.onHealth`. */
  onChange: (isShort: boolean) => void = () => {};

  /** Why the store should take no more although writing works, or null. */
  get shortage(): string | null {
    return this.#shortage;
  }

  set shortage(reason: string | null) {
    if (reason === this.#shortage) return;
    this.#shortage = reason;
    this.#changed();
  }

  /** Whether the last commit failed, or the one under way hangs. */
  get isFailing(): boolean {
    return this.#failure !== null;
  }

  /** The health for `Store.health`. */
  get state(): StoreHealth {
    if (this.#failure !== null) return this.#isFull ? "full" : "failing";
    return this.#shortage === null ? "ok" : "full";
  }

  /** Why the state is not ok, or null. */
  get reason(): string | null {
    return this.#failure ?? this.#shortage;
  }

  /** A commit worked. */
  worked(): void {
    this.#failures = 0;
    if (this.#failure === null) return;
    this.#failure = null;
    this.#changed();
  }

  /**
   * Notes that a commit has not ended for `ms`; `worked` and `failed` end that.
   */
  hangs(ms: number): void {
    this.#failure =
      `a commit has not ended for ${ms / 1000} s: the disk does ` +
      "not answer";
    this.#isFull = false;
    this.#changed();
  }

  /** Notes a failed commit; returns the ms to wait before the next try. */
  failed(error: unknown): number {
    const text = error instanceof Error ? error.message : String(error);
    this.#failure = text;
    this.#isFull = isFull(text);
    this.#changed();
    return Math.min(LAST_PAUSE, FIRST_PAUSE * 2 ** this.#failures++);
  }

  #changed(): void {
    this.onChange(this.#shortage !== null);
  }
}
