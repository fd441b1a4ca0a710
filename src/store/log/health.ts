import { isFull } from "../base/open_fault.ts";
import type { StoreHealth } from "../model/store.ts";

/** First pause before a commit is tried again, in ms; it doubles from there. */
const FIRST_PAUSE = 100;

/** Longest pause, in ms. */
const LAST_PAUSE = 5000;

/** Keeps in mind how writing goes, and how long to wait after a failure. */
export class Health {
  #failures = 0;
  #failure: string | null = null;
  #isFull = false;
  #shortage: string | null = null;
  /** Called when one of the others has changed; see `Store.onHealth`. */
  onChange: (isShort: boolean) => void = () => {};

  /** Why no more should be taken although writing works; null when it may. */
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

  /** What to tell the operator. */
  get state(): StoreHealth {
    if (this.#failure !== null) return this.#isFull ? "full" : "failing";
    return this.#shortage === null ? "ok" : "full";
  }

  /** Why the state is not ok; else null. */
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

  /** A commit has not ended for `ms`; `worked` and `failed` end that. */
  hangs(ms: number): void {
    this.#failure =
      `a commit has not ended for ${ms / 1000} s: the disk does ` +
      "not answer";
    this.#isFull = false;
    this.#changed();
  }

  /** A commit failed; returns the ms to wait before it is tried again. */
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
